//! Several ways to one destination.

use super::{
    line::{CommonFamily, Line, Refusal},
    route::via,
};
use crate::{
    config::{
        build::Builder,
        keywords::Context,
        lexer::Word,
        model::{Hop, NextHop, Way},
    },
    protocol::Family,
};

impl Builder<'_> {
    /// What follows the first `nexthop`, to the end of the line.
    pub(super) fn next_hops(
        line: &mut Line<'_, '_>,
        family: &mut CommonFamily,
    ) -> Result<Vec<NextHop>, Refusal> {
        const MOST: u64 = 256;
        let mut hops = Vec::new();
        let mut next = NextHop { hop: Hop::default(), weight: 0, realms: None };
        while let Some(word) = line.next() {
            match &*word.text {
                "nexthop" => {
                    let done = NextHop { hop: Hop::default(), weight: 0, realms: None };
                    hops.push(std::mem::replace(&mut next, done));
                }
                "via" => next.hop.gateway = Some(via(word, line, family)?),
                "dev" => next.hop.device = Some(line.device(word)?),
                "onlink" => next.hop.on_link = true,
                "weight" => {
                    let weight = line.number(word, MOST)?;
                    let Some(less_one) = weight.checked_sub(1) else {
                        return Err(Refusal::value(word, word, "a number from 1 to 256"));
                    };
                    next.weight = less_one.try_into().unwrap_or(u8::MAX);
                }
                "realms" => {
                    family.is(Family::Ipv4, word)?;
                    next.realms = Some(line.realms(word)?);
                }
                _ => return Err(Refusal::unknown(word, Context::NextHop)),
            }
        }
        hops.push(next);
        if hops.iter().any(|next| next.hop.gateway.is_none() && next.hop.device.is_none()) {
            let help = "write `nexthop via ADDRESS` or `nexthop dev INTERFACE`";
            return Err(Refusal::new(line.span(), "a `nexthop` leads nowhere", help));
        }
        Ok(hops)
    }

    /// `or ADDRESS`, after `via`: keepalived's old way to say two next hops.
    pub(super) fn alternative(
        keyword: &Word<'_>,
        line: &mut Line<'_, '_>,
        draft: &mut super::route::Draft,
    ) -> Result<(), Refusal> {
        let value = line.value(keyword)?;
        let other = draft.family.address(value, keyword)?;
        let Some(first) = draft.hop.gateway.take().filter(|_| draft.way.is_none()) else {
            let what = "`or` needs one `via` before it, and stands once at most";
            let help = "write `nexthop via ADDRESS` for each of the ways";
            return Err(Refusal::new(keyword.span, what, help));
        };
        let hop = |gateway| Hop { gateway: Some(gateway), ..Hop::default() };
        let next = |gateway| NextHop { hop: hop(gateway), weight: 0, realms: None };
        draft.way = Some(Way::Several(vec![next(first), next(other)]));
        Ok(())
    }
}
