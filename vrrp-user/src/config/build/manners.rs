//! What a router does about other masters, from `global_defs` and from the instance.

use super::Builder;
use crate::{
    config::{Code, Diagnostic, Span, model::Manners, parser::Statement},
    protocol::Priority,
};

/// What a block says about it: each a switch, and where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MannersDraft {
    lower_no_advert: Option<(bool, Span)>,
    higher_send_advert: Option<(bool, Span)>,
    owner_ignores: Option<(bool, Span)>,
}

impl MannersDraft {
    /// Takes a statement whose keyword, without `vrrp_` in front, is `keyword`. False if it is none
    /// of the three.
    pub(super) fn read(
        &mut self,
        keyword: &str,
        statement: &Statement<'_>,
        builder: &mut Builder<'_>,
    ) -> bool {
        let place = match keyword {
            "lower_prio_no_advert" => &mut self.lower_no_advert,
            "higher_prio_send_advert" => &mut self.higher_send_advert,
            "owner_ignore_adverts" => &mut self.owner_ignores,
            _ => return false,
        };
        *place = Some((builder.switch(statement), statement.span()));
        true
    }
}

impl Builder<'_> {
    /// Fills in what the instance leaves open, first from strict mode, then from `globals`, then
    /// from the defaults.
    pub(super) fn settle_manners(
        &mut self,
        draft: MannersDraft,
        globals: MannersDraft,
        priority: Priority,
        strict: bool,
    ) -> Manners {
        let mut settle =
            |keyword, own: Option<(bool, Span)>, global: Option<(bool, Span)>, in_strict| {
                if !strict {
                    return own.or(global).map(|(on, _)| on);
                }
                if let Some((_, span)) = own.filter(|(on, _)| *on != in_strict) {
                    self.strict_resets(keyword, span);
                }
                Some(in_strict)
            };
        let default = Manners::default();
        let no_advert =
            settle("lower_prio_no_advert", draft.lower_no_advert, globals.lower_no_advert, true);
        let farewell = settle(
            "higher_prio_send_advert",
            draft.higher_send_advert,
            globals.higher_send_advert,
            false,
        );
        let ignores = if priority.is_owner() {
            settle("owner_ignore_adverts", draft.owner_ignores, globals.owner_ignores, true)
        } else {
            if let Some((true, span)) = draft.owner_ignores {
                self.only_for_owners(span);
            }
            None
        };
        Manners {
            answers_lesser: no_advert.map_or(default.answers_lesser, |on| !on),
            bids_farewell: farewell.unwrap_or(default.bids_farewell),
            heeds_others: ignores.map_or(default.heeds_others, |on| !on),
        }
    }

    fn only_for_owners(&mut self, span: Span) {
        self.sink.push(
            Diagnostic::warning(
                Code::NoEffect,
                span,
                "`owner_ignore_adverts` has no effect below priority 255",
            )
            .label("ignored")
            .help("remove it, or write `priority 255`")
            .note("keepalived ignores it too"),
        );
    }
}
