SELECT DISTINCT json_build_array(one.node, other.node)::text
FROM pg_catalog.pg_depend d
JOIN nodes one ON (one.class, one.id, one.place) = (d.classid, d.objid, d.objsubid)
JOIN nodes other ON (other.class, other.id, other.place) = (d.refclassid, d.refobjid, d.refobjsubid)
WHERE d.deptype IN ('n', 'a') AND one.node <> other.node
    -- That a sequence belongs to a column is said after both are there.
    AND NOT EXISTS (SELECT FROM members m WHERE m.relkind = 'S' AND (m.tableoid, m.oid) = (d.classid, d.objid))
