//! Delays: of the start, and of what a change of a link brings about.

use std::{collections::BTreeMap, ops::RangeInclusive, time::Duration};

use super::{Builder, numbers::seconds, settle::Settled};
use crate::config::{
    Code, Diagnostic, Span,
    diagnostics::quoted,
    lexer::Word,
    model::{LinkDelay, StartDelay},
    parser::Statement,
};

/// keepalived's range of the delays of a start: its microseconds have 32 bits.
const START_DELAYS: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_micros(u32::MAX as u64);
const LINK_DELAYS: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(255);

/// Takes one of the two keywords of `global_defs`; false if the statement has another.
pub(super) fn read_start_delay(
    delay: &mut StartDelay,
    statement: &Statement<'_>,
    builder: &mut Builder<'_>,
) -> bool {
    let place = match &*statement.keyword.text {
        "vrrp_startup_delay" => &mut delay.startup,
        "vrrp_delay_after_boot" => &mut delay.after_boot,
        _ => return false,
    };
    if let Some(word) = builder.one_word(statement, "a number of seconds") {
        match seconds(&word.text, &START_DELAYS) {
            Ok(span) => *place = span,
            Err(error) => builder.bad_number(
                word,
                error,
                "0.001 to 4294 (seconds, without a unit)",
                "the line is ignored",
            ),
        }
    }
    true
}

impl Builder<'_> {
    /// All blocks `interface_up_down_delays`.
    pub(super) fn link_delays(
        &mut self,
        tree: &[Statement<'_>],
        instances: &[Settled],
    ) -> BTreeMap<String, LinkDelay> {
        let mut delays = BTreeMap::new();
        for statement in tree.iter().filter(|it| it.keyword.text == "interface_up_down_delays") {
            self.no_more_words(statement, 0);
            for line in self.block(statement).unwrap_or_default() {
                let Some((name, delay)) = self.link_delay(line) else { continue };
                self.is_too_long(&name, delay, line.span(), instances);
                delays.insert(name, delay);
            }
        }
        delays
    }

    /// `INTERFACE DOWN [UP]`
    fn link_delay(&mut self, line: &Statement<'_>) -> Option<(String, LinkDelay)> {
        self.no_block(line);
        self.no_more_words(line, 2);
        let name = self.interface_name(&line.keyword)?;
        let mut words = line.words.iter();
        let Some(down) = words.next() else {
            self.missing_argument(line, "a number of seconds");
            return None;
        };
        let down = self.delay(down)?;
        // keepalived's manual says that it is as long as the other; its code takes none.
        let up = words.next().map_or(Some(Duration::ZERO), |word| self.delay(word))?;
        Some((name, LinkDelay { down, up }))
    }

    fn delay(&mut self, word: &Word<'_>) -> Option<Duration> {
        match seconds(&word.text, &LINK_DELAYS) {
            Ok(delay) => Some(delay),
            Err(error) => {
                self.bad_number(
                    word,
                    error,
                    "0 to 255 (seconds, without a unit)",
                    "the line is ignored",
                );
                None
            }
        }
    }

    /// keepalived shortens what would have a backup take over from a node that does not know yet.
    fn is_too_long(&mut self, name: &str, delay: LinkDelay, span: Span, instances: &[Settled]) {
        let longest = delay.down.max(delay.up);
        let patience = |settled: &&Settled| {
            let instance = &settled.instance;
            let missing = u32::from(instance.down_adverts.saturating_sub(1));
            instance.advert_interval.as_duration() * missing
        };
        let on_it = instances.iter().filter(|settled| settled.instance.interface == name);
        let Some(instance) = on_it.min_by_key(patience).filter(|it| longest >= patience(it)) else {
            return;
        };
        let most = patience(&instance).as_secs_f64();
        self.sink.push(
            Diagnostic::warning(
                Code::LinkDelay,
                span,
                format!(
                    "this delay is cut to less than {most} s for instance {}",
                    quoted(&instance.instance.name)
                ),
            )
            .help("write a delay below `down_timer_adverts` less one, times `advert_int`")
            .note("a backup takes over before this node knows that it cannot be master; keepalived cuts it too"),
        );
    }
}
