//! Where the state goes when a signal asks for it.

use super::{Builder, numbers::integer};
use crate::config::{
    keywords::Context,
    model::dumps::{Dumps, JsonVersion},
    parser::Statement,
};

impl Builder<'_> {
    /// Reads a statement about dumps into `dumps`; false if it is about something else.
    pub(super) fn dumps(&mut self, statement: &Statement<'_>, dumps: &mut Dumps) -> bool {
        match &*statement.keyword.text {
            "state_dump_file" => dumps.state = self.dump_file(statement).or(dumps.state.take()),
            "stats_dump_file" => dumps.stats = self.dump_file(statement).or(dumps.stats.take()),
            "json_dump_file" => dumps.json = self.dump_file(statement).or(dumps.json.take()),
            "json_version" => {
                dumps.json_version = self.json_version(statement).unwrap_or(dumps.json_version);
            }
            "data_use_instance" => dumps.use_instance = self.switch(statement),
            _ => return false,
        }
        true
    }

    /// `instance`, which stands outside any block. Its effects on pid files and the log are not
    /// there.
    pub(super) fn instance_name(&mut self, statement: &Statement<'_>) -> Option<String> {
        self.not_done(Context::Root, statement);
        let word = self.one_word(statement, "a name")?;
        Some(word.text.clone().into_owned())
    }

    fn dump_file(&mut self, statement: &Statement<'_>) -> Option<String> {
        let word = self.one_word(statement, "a file, or a directory with `/` at its end")?;
        Some(word.text.clone().into_owned())
    }

    fn json_version(&mut self, statement: &Statement<'_>) -> Option<JsonVersion> {
        let word = self.one_word(statement, "1 or 2")?;
        match integer(&word.text, &(1..=2)) {
            Ok(1) => Some(JsonVersion::V1),
            Ok(_) => Some(JsonVersion::V2),
            Err(error) => {
                self.bad_number(word, error, "1 to 2", "the line is ignored");
                None
            }
        }
    }
}
