//! What a router does about others that act as masters.

/// What a router does about others that act as masters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Manners {
    /// As master it answers a lesser one with an advert, unless `lower_prio_no_advert` is on.
    pub answers_lesser: bool,
    /// As master it sends one more advert before it yields to a better one, unless
    /// `higher_prio_send_advert` is off.
    pub bids_farewell: bool,
    /// It takes adverts of others at all. `owner_ignore_adverts` says no, for priority 255 only.
    pub heeds_others: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self { answers_lesser: true, bids_farewell: true, heeds_others: true }
    }
}
