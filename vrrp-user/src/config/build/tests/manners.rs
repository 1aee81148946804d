use crate::config::{
    model::Manners,
    testing::{check, instance},
};

/// The manners of a file with these lines in `global_defs`, on line 2, and in the instance, from
/// line 8 on.
#[track_caller]
fn manners(globals: &str, body: &str, expected: &[&str]) -> Manners {
    let text = format!("global_defs {{\n{globals}\n}}\n{}", instance(body));
    check(&text, expected).config.unwrap().instances[0].manners
}

const DEFAULT: Manners = Manners { answers_lesser: true, bids_farewell: true, heeds_others: true };

#[test]
fn the_instance_goes_before_the_rest_of_the_file() {
    let silent = Manners { answers_lesser: false, ..DEFAULT };
    let curt = Manners { bids_farewell: false, ..DEFAULT };
    for (globals, body, expected) in [
        ("", "", DEFAULT),
        ("", "lower_prio_no_advert", silent),
        ("vrrp_lower_prio_no_advert", "", silent),
        ("vrrp_lower_prio_no_advert", "lower_prio_no_advert off", DEFAULT),
        ("", "higher_prio_send_advert", DEFAULT),
        ("", "higher_prio_send_advert no", curt),
        ("vrrp_higher_prio_send_advert false", "", curt),
        ("vrrp_higher_prio_send_advert false", "higher_prio_send_advert", DEFAULT),
        ("vrrp_owner_ignore_adverts", "", DEFAULT),
    ] {
        assert_eq!(manners(globals, body, &[]), expected, "{globals} {body}");
    }
}

#[test]
fn only_an_owner_may_ignore_others() {
    let deaf = Manners { heeds_others: false, ..DEFAULT };
    assert_eq!(manners("", "owner_ignore_adverts\npriority 255", &[]), deaf);
    assert_eq!(manners("vrrp_owner_ignore_adverts", "priority 255", &[]), deaf);
    let off = "owner_ignore_adverts off\npriority 255";
    assert_eq!(manners("vrrp_owner_ignore_adverts", off, &[]), DEFAULT);
    assert_eq!(manners("", "owner_ignore_adverts", &["8:1 no-effect"]), DEFAULT);
}

#[test]
fn strict_mode_has_manners_of_its_own() {
    let strict = "2:1 strict-mode";
    let own = Manners { answers_lesser: false, bids_farewell: false, heeds_others: true };
    assert_eq!(manners("vrrp_strict", "", &[strict]), own);
    assert_eq!(manners("vrrp_strict", "lower_prio_no_advert", &[strict]), own);
    let resets = [strict, "8:1 strict-mode", "9:1 strict-mode"];
    let asked = "lower_prio_no_advert off\nhigher_prio_send_advert";
    assert_eq!(manners("vrrp_strict", asked, &resets), own);
    let owner = manners("vrrp_strict", "priority 255", &[strict]);
    assert_eq!(owner, Manners { heeds_others: false, ..own });
}
