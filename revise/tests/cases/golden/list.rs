//! The generated files, written with them.

use sea_orm_migration::MigrationTrait;

#[path = "c01_create_table_0.rs"]
mod c01_create_table_0;
#[path = "c02_drop_table_0.rs"]
mod c02_drop_table_0;
#[path = "c03_fk_order_on_create_0.rs"]
mod c03_fk_order_on_create_0;
#[path = "c04_circular_fk_create_0.rs"]
mod c04_circular_fk_create_0;
#[path = "c06_self_fk_0.rs"]
mod c06_self_fk_0;
#[path = "c06_self_fk_rebuild_0.rs"]
mod c06_self_fk_rebuild_0;
#[path = "c07_junction_0.rs"]
mod c07_junction_0;
#[path = "c09_table_rename_by_flag_0.rs"]
mod c09_table_rename_by_flag_0;
#[path = "c09_table_rename_refused_0.rs"]
mod c09_table_rename_refused_0;
#[path = "c10_table_rename_with_inbound_fk_0.rs"]
mod c10_table_rename_with_inbound_fk_0;
#[path = "c12_many_tables_at_once_0.rs"]
mod c12_many_tables_at_once_0;
#[path = "c14_second_run_0.rs"]
mod c14_second_run_0;
#[path = "c15_add_nullable_column_0.rs"]
mod c15_add_nullable_column_0;
#[path = "c16_add_not_null_with_default_0.rs"]
mod c16_add_not_null_with_default_0;
#[path = "c17_add_not_null_without_default_0.rs"]
mod c17_add_not_null_without_default_0;
#[path = "c18_add_unique_column_0.rs"]
mod c18_add_unique_column_0;
#[path = "c20_column_order_0.rs"]
mod c20_column_order_0;
#[path = "c21_drop_not_null_column_0.rs"]
mod c21_drop_not_null_column_0;
#[path = "c21_drop_plain_column_0.rs"]
mod c21_drop_plain_column_0;
#[path = "c22_drop_column_of_a_wider_index_0.rs"]
mod c22_drop_column_of_a_wider_index_0;
#[path = "c22_drop_indexed_column_0.rs"]
mod c22_drop_indexed_column_0;
#[path = "c24_drop_fk_column_0.rs"]
mod c24_drop_fk_column_0;
#[path = "c25_rename_by_attribute_0.rs"]
mod c25_rename_by_attribute_0;
#[path = "c26_rename_by_flag_0.rs"]
mod c26_rename_by_flag_0;
#[path = "c26_rename_refused_0.rs"]
mod c26_rename_refused_0;
#[path = "c26_two_columns_by_flag_0.rs"]
mod c26_two_columns_by_flag_0;
#[path = "c27_rename_fk_column_0.rs"]
mod c27_rename_fk_column_0;
#[path = "c27_rename_indexed_column_0.rs"]
mod c27_rename_indexed_column_0;
#[path = "c27_rename_unique_column_0.rs"]
mod c27_rename_unique_column_0;
#[path = "c29_rename_and_change_0.rs"]
mod c29_rename_and_change_0;
#[path = "c29_rename_and_widen_0.rs"]
mod c29_rename_and_widen_0;
#[path = "c29_rename_and_widen_unseen_0.rs"]
mod c29_rename_and_widen_unseen_0;
#[path = "c31_case_only_rename_0.rs"]
mod c31_case_only_rename_0;
#[path = "c33_narrow_varchar_0.rs"]
mod c33_narrow_varchar_0;
#[path = "c33_widen_varchar_0.rs"]
mod c33_widen_varchar_0;
#[path = "c35_varchar_to_text_0.rs"]
mod c35_varchar_to_text_0;
#[path = "c37_text_to_integer_0.rs"]
mod c37_text_to_integer_0;
#[path = "c37_text_to_integer_unmet_0.rs"]
mod c37_text_to_integer_unmet_0;
#[path = "c37_text_to_integer_using_0.rs"]
mod c37_text_to_integer_using_0;
#[path = "c38_numeric_precision_0.rs"]
mod c38_numeric_precision_0;
#[path = "c38_numeric_scale_0.rs"]
mod c38_numeric_scale_0;
#[path = "c40_not_null_by_flag_0.rs"]
mod c40_not_null_by_flag_0;
#[path = "c41_not_null_without_nulls_0.rs"]
mod c41_not_null_without_nulls_0;
#[path = "c42_drop_not_null_0.rs"]
mod c42_drop_not_null_0;
#[path = "c44_default_comes_changes_goes_0.rs"]
mod c44_default_comes_changes_goes_0;
#[path = "c44_default_comes_changes_goes_1.rs"]
mod c44_default_comes_changes_goes_1;
#[path = "c44_default_comes_changes_goes_2.rs"]
mod c44_default_comes_changes_goes_2;
#[path = "c44_default_expression_goes_0.rs"]
mod c44_default_expression_goes_0;
#[path = "c44_default_expression_goes_0_postgres.rs"]
mod c44_default_expression_goes_0_postgres;
#[path = "c46_add_column_with_now_0.rs"]
mod c46_add_column_with_now_0;
#[path = "c46_add_column_with_uuid_0.rs"]
mod c46_add_column_with_uuid_0;
#[path = "c49_add_index_0.rs"]
mod c49_add_index_0;
#[path = "c50_drop_index_0.rs"]
mod c50_drop_index_0;
#[path = "c52_unique_constraint_1.rs"]
mod c52_unique_constraint_1;
#[path = "c52_unique_index_1.rs"]
mod c52_unique_index_1;
#[path = "c52_unique_with_duplicates_0.rs"]
mod c52_unique_with_duplicates_0;
#[path = "c54_composite_column_order_1.rs"]
mod c54_composite_column_order_1;
#[path = "c55_sort_order_1.rs"]
mod c55_sort_order_1;
#[path = "c56_handmade_indexes_survive_a_rebuild_0.rs"]
mod c56_handmade_indexes_survive_a_rebuild_0;
#[path = "c57_index_name_strict_0.rs"]
mod c57_index_name_strict_0;
#[path = "c60_add_fk_0.rs"]
mod c60_add_fk_0;
#[path = "c60_add_fk_with_orphans_0.rs"]
mod c60_add_fk_with_orphans_0;
#[path = "c61_remove_composite_fk_0.rs"]
mod c61_remove_composite_fk_0;
#[path = "c61_remove_fk_0.rs"]
mod c61_remove_fk_0;
#[path = "c62_add_actions_0.rs"]
mod c62_add_actions_0;
#[path = "c62_change_from_restrict_0.rs"]
mod c62_change_from_restrict_0;
#[path = "c62_remove_action_0.rs"]
mod c62_remove_action_0;
#[path = "c65_create_beside_unmanaged_table_0.rs"]
mod c65_create_beside_unmanaged_table_0;
#[path = "c65_fk_to_unmanaged_table_0.rs"]
mod c65_fk_to_unmanaged_table_0;
#[path = "c66_check_by_attribute_0.rs"]
mod c66_check_by_attribute_0;
#[path = "c66_check_by_attribute_1.rs"]
mod c66_check_by_attribute_1;
#[path = "c66_check_by_attribute_1_postgres.rs"]
mod c66_check_by_attribute_1_postgres;
#[path = "c66_check_by_attribute_unmet_0.rs"]
mod c66_check_by_attribute_unmet_0;
#[path = "c66_handmade_checks_survive_a_rebuild_0.rs"]
mod c66_handmade_checks_survive_a_rebuild_0;
#[path = "c68_key_from_integer_to_uuid_forced_0.rs"]
mod c68_key_from_integer_to_uuid_forced_0;
#[path = "c69_column_comment_0.rs"]
mod c69_column_comment_0;
#[path = "c69_column_comment_changes_and_goes_0.rs"]
mod c69_column_comment_changes_and_goes_0;
#[path = "c69_column_comment_changes_and_goes_1.rs"]
mod c69_column_comment_changes_and_goes_1;
#[path = "c69_column_comment_changes_and_goes_2.rs"]
mod c69_column_comment_changes_and_goes_2;
#[path = "c69_table_comment_0.rs"]
mod c69_table_comment_0;
#[path = "c71_create_enum_of_two_tables_0.rs"]
mod c71_create_enum_of_two_tables_0;
#[path = "c71_create_enum_with_table_0.rs"]
mod c71_create_enum_with_table_0;
#[path = "c71_last_user_goes_0.rs"]
mod c71_last_user_goes_0;
#[path = "c71_last_user_goes_1.rs"]
mod c71_last_user_goes_1;
#[path = "c72_add_value_and_use_it_0.rs"]
mod c72_add_value_and_use_it_0;
#[path = "c72_add_value_at_the_end_0.rs"]
mod c72_add_value_at_the_end_0;
#[path = "c72_add_value_in_the_middle_0.rs"]
mod c72_add_value_in_the_middle_0;
#[path = "c74_remove_enum_0.rs"]
mod c74_remove_enum_0;
#[path = "c74_remove_value_0.rs"]
mod c74_remove_value_0;
#[path = "c74_remove_value_by_map_0.rs"]
mod c74_remove_value_by_map_0;
#[path = "c74_remove_value_in_use_0.rs"]
mod c74_remove_value_in_use_0;
#[path = "c74_remove_value_with_dependents_0.rs"]
mod c74_remove_value_with_dependents_0;
#[path = "c74_rename_value_by_map_0.rs"]
mod c74_rename_value_by_map_0;
#[path = "c74_reorder_values_0.rs"]
mod c74_reorder_values_0;
#[path = "c77_drop_fk_with_mixed_case_name_0.rs"]
mod c77_drop_fk_with_mixed_case_name_0;
#[path = "c77_other_schema_0.rs"]
mod c77_other_schema_0;
#[path = "c77_other_schema_changes_0.rs"]
mod c77_other_schema_changes_0;
#[path = "c77_quoting_0.rs"]
mod c77_quoting_0;
#[path = "c77_quoting_of_changes_0.rs"]
mod c77_quoting_of_changes_0;
#[path = "c77_schema_on_sqlite_0.rs"]
mod c77_schema_on_sqlite_0;
#[path = "c78_rebuild_keeps_everything_0.rs"]
mod c78_rebuild_keeps_everything_0;
#[path = "c78_rebuild_of_a_child_0.rs"]
mod c78_rebuild_of_a_child_0;
#[path = "c78_rebuild_without_rowid_0.rs"]
mod c78_rebuild_without_rowid_0;
#[path = "seed_course_story_0.rs"]
mod seed_course_story_0;
#[path = "seed_course_story_1.rs"]
mod seed_course_story_1;
#[path = "seed_course_story_2.rs"]
mod seed_course_story_2;
#[path = "seed_course_story_3.rs"]
mod seed_course_story_3;
#[path = "seed_course_story_4.rs"]
mod seed_course_story_4;
#[path = "seed_course_story_5.rs"]
mod seed_course_story_5;
#[path = "seed_except_one_table_0.rs"]
mod seed_except_one_table_0;
#[path = "seed_index_changes_case_0.rs"]
mod seed_index_changes_case_0;
#[path = "seed_index_changes_case_1.rs"]
mod seed_index_changes_case_1;
#[path = "seed_junction_goes_0.rs"]
mod seed_junction_goes_0;
#[path = "seed_only_one_table_0.rs"]
mod seed_only_one_table_0;
#[path = "seed_parent_goes_and_the_column_stays_0.rs"]
mod seed_parent_goes_and_the_column_stays_0;
#[path = "seed_parent_goes_with_the_key_0.rs"]
mod seed_parent_goes_with_the_key_0;
#[path = "seed_rename_keeps_null_and_default_0.rs"]
mod seed_rename_keeps_null_and_default_0;
#[path = "seed_rowid_as_a_name_0.rs"]
mod seed_rowid_as_a_name_0;
#[path = "seed_rowid_as_a_name_in_a_rebuild_0.rs"]
mod seed_rowid_as_a_name_in_a_rebuild_0;
#[path = "seed_type_change_keeps_the_collation_0.rs"]
mod seed_type_change_keeps_the_collation_0;
#[path = "seed_type_change_keeps_the_rest_0.rs"]
mod seed_type_change_keeps_the_rest_0;

/// Every one of them.
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(c01_create_table_0::Migration),
        Box::new(c02_drop_table_0::Migration),
        Box::new(c03_fk_order_on_create_0::Migration),
        Box::new(c04_circular_fk_create_0::Migration),
        Box::new(c06_self_fk_0::Migration),
        Box::new(c06_self_fk_rebuild_0::Migration),
        Box::new(c07_junction_0::Migration),
        Box::new(c09_table_rename_by_flag_0::Migration),
        Box::new(c09_table_rename_refused_0::Migration),
        Box::new(c10_table_rename_with_inbound_fk_0::Migration),
        Box::new(c12_many_tables_at_once_0::Migration),
        Box::new(c14_second_run_0::Migration),
        Box::new(c15_add_nullable_column_0::Migration),
        Box::new(c16_add_not_null_with_default_0::Migration),
        Box::new(c17_add_not_null_without_default_0::Migration),
        Box::new(c18_add_unique_column_0::Migration),
        Box::new(c20_column_order_0::Migration),
        Box::new(c21_drop_not_null_column_0::Migration),
        Box::new(c21_drop_plain_column_0::Migration),
        Box::new(c22_drop_column_of_a_wider_index_0::Migration),
        Box::new(c22_drop_indexed_column_0::Migration),
        Box::new(c24_drop_fk_column_0::Migration),
        Box::new(c25_rename_by_attribute_0::Migration),
        Box::new(c26_rename_by_flag_0::Migration),
        Box::new(c26_rename_refused_0::Migration),
        Box::new(c26_two_columns_by_flag_0::Migration),
        Box::new(c27_rename_fk_column_0::Migration),
        Box::new(c27_rename_indexed_column_0::Migration),
        Box::new(c27_rename_unique_column_0::Migration),
        Box::new(c29_rename_and_change_0::Migration),
        Box::new(c29_rename_and_widen_0::Migration),
        Box::new(c29_rename_and_widen_unseen_0::Migration),
        Box::new(c31_case_only_rename_0::Migration),
        Box::new(c33_narrow_varchar_0::Migration),
        Box::new(c33_widen_varchar_0::Migration),
        Box::new(c35_varchar_to_text_0::Migration),
        Box::new(c37_text_to_integer_0::Migration),
        Box::new(c37_text_to_integer_unmet_0::Migration),
        Box::new(c37_text_to_integer_using_0::Migration),
        Box::new(c38_numeric_precision_0::Migration),
        Box::new(c38_numeric_scale_0::Migration),
        Box::new(c40_not_null_by_flag_0::Migration),
        Box::new(c41_not_null_without_nulls_0::Migration),
        Box::new(c42_drop_not_null_0::Migration),
        Box::new(c44_default_comes_changes_goes_0::Migration),
        Box::new(c44_default_comes_changes_goes_1::Migration),
        Box::new(c44_default_comes_changes_goes_2::Migration),
        Box::new(c44_default_expression_goes_0::Migration),
        Box::new(c44_default_expression_goes_0_postgres::Migration),
        Box::new(c46_add_column_with_now_0::Migration),
        Box::new(c46_add_column_with_uuid_0::Migration),
        Box::new(c49_add_index_0::Migration),
        Box::new(c50_drop_index_0::Migration),
        Box::new(c52_unique_constraint_1::Migration),
        Box::new(c52_unique_index_1::Migration),
        Box::new(c52_unique_with_duplicates_0::Migration),
        Box::new(c54_composite_column_order_1::Migration),
        Box::new(c55_sort_order_1::Migration),
        Box::new(c56_handmade_indexes_survive_a_rebuild_0::Migration),
        Box::new(c57_index_name_strict_0::Migration),
        Box::new(c60_add_fk_0::Migration),
        Box::new(c60_add_fk_with_orphans_0::Migration),
        Box::new(c61_remove_composite_fk_0::Migration),
        Box::new(c61_remove_fk_0::Migration),
        Box::new(c62_add_actions_0::Migration),
        Box::new(c62_change_from_restrict_0::Migration),
        Box::new(c62_remove_action_0::Migration),
        Box::new(c65_create_beside_unmanaged_table_0::Migration),
        Box::new(c65_fk_to_unmanaged_table_0::Migration),
        Box::new(c66_check_by_attribute_0::Migration),
        Box::new(c66_check_by_attribute_1::Migration),
        Box::new(c66_check_by_attribute_1_postgres::Migration),
        Box::new(c66_check_by_attribute_unmet_0::Migration),
        Box::new(c66_handmade_checks_survive_a_rebuild_0::Migration),
        Box::new(c68_key_from_integer_to_uuid_forced_0::Migration),
        Box::new(c69_column_comment_0::Migration),
        Box::new(c69_column_comment_changes_and_goes_0::Migration),
        Box::new(c69_column_comment_changes_and_goes_1::Migration),
        Box::new(c69_column_comment_changes_and_goes_2::Migration),
        Box::new(c69_table_comment_0::Migration),
        Box::new(c71_create_enum_of_two_tables_0::Migration),
        Box::new(c71_create_enum_with_table_0::Migration),
        Box::new(c71_last_user_goes_0::Migration),
        Box::new(c71_last_user_goes_1::Migration),
        Box::new(c72_add_value_and_use_it_0::Migration),
        Box::new(c72_add_value_at_the_end_0::Migration),
        Box::new(c72_add_value_in_the_middle_0::Migration),
        Box::new(c74_remove_enum_0::Migration),
        Box::new(c74_remove_value_0::Migration),
        Box::new(c74_remove_value_by_map_0::Migration),
        Box::new(c74_remove_value_in_use_0::Migration),
        Box::new(c74_remove_value_with_dependents_0::Migration),
        Box::new(c74_rename_value_by_map_0::Migration),
        Box::new(c74_reorder_values_0::Migration),
        Box::new(c77_drop_fk_with_mixed_case_name_0::Migration),
        Box::new(c77_other_schema_0::Migration),
        Box::new(c77_other_schema_changes_0::Migration),
        Box::new(c77_quoting_0::Migration),
        Box::new(c77_quoting_of_changes_0::Migration),
        Box::new(c77_schema_on_sqlite_0::Migration),
        Box::new(c78_rebuild_keeps_everything_0::Migration),
        Box::new(c78_rebuild_of_a_child_0::Migration),
        Box::new(c78_rebuild_without_rowid_0::Migration),
        Box::new(seed_course_story_0::Migration),
        Box::new(seed_course_story_1::Migration),
        Box::new(seed_course_story_2::Migration),
        Box::new(seed_course_story_3::Migration),
        Box::new(seed_course_story_4::Migration),
        Box::new(seed_course_story_5::Migration),
        Box::new(seed_except_one_table_0::Migration),
        Box::new(seed_index_changes_case_0::Migration),
        Box::new(seed_index_changes_case_1::Migration),
        Box::new(seed_junction_goes_0::Migration),
        Box::new(seed_only_one_table_0::Migration),
        Box::new(seed_parent_goes_and_the_column_stays_0::Migration),
        Box::new(seed_parent_goes_with_the_key_0::Migration),
        Box::new(seed_rename_keeps_null_and_default_0::Migration),
        Box::new(seed_rowid_as_a_name_0::Migration),
        Box::new(seed_rowid_as_a_name_in_a_rebuild_0::Migration),
        Box::new(seed_type_change_keeps_the_collation_0::Migration),
        Box::new(seed_type_change_keeps_the_rest_0::Migration),
    ]
}
