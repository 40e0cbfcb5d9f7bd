//! What `upgrade` and `downgrade` would do: the operations, or a script.

use super::{
    Command,
    arguments::{Manner, Preview},
};
use crate::{
    error::Result,
    runtime::upgrade::{Direction, UpgradeOptions},
};

impl Command<'_> {
    /// Shows what would happen, from a shadow.
    pub async fn preview(
        &self,
        revision: &str,
        (wanted, manner): (&Preview, &Manner),
        direction: Direction,
    ) -> Result<()> {
        let is_range = revision.contains(':');
        let target = if is_range { self.target_or_memory()? } else { self.target()? };
        let options = UpgradeOptions {
            target: revision.to_owned(),
            transactions: manner.transactions(),
            allow_data_loss: manner.allow_data_loss,
            shadow: self.shadow()?,
            ..UpgradeOptions::default()
        };
        let mut preview = self.revise.preview(&target, &options, direction).await?;
        let script = if wanted.sql { Some(preview.script()?) } else { None };
        self.console.json(&preview.migrations)?;
        if let Some(script) = script {
            return script.iter().try_for_each(|line| self.console.say(line));
        }
        for one in &preview.migrations {
            let word = super::write::direction_word(direction);
            self.console.say(&format!("{word} {}", one.revision))?;
            self.say_operations(&one.operations, &one.statements)?;
        }
        Ok(())
    }
}
