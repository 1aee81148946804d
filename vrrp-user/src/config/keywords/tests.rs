mod document;
mod manual;
mod misspelt;

use std::collections::HashSet;

use super::*;

#[test]
fn no_keyword_is_listed_twice() {
    for context in Context::ALL {
        let mut seen = HashSet::new();
        for keyword in context.keywords() {
            assert!(seen.insert(keyword.name), "{} {}", keyword.name, context.place());
        }
    }
}

#[test]
fn keywords_that_need_a_block_are_done_here() {
    for context in [Context::Root, Context::Instance] {
        for keyword in context.keywords() {
            if needs_block(context, keyword.name) {
                let standing = keyword.standing;
                let read = matches!(standing, Standing::Supported | Standing::Skipped(_));
                assert!(read, "{}", keyword.name);
            }
        }
    }
}

#[test]
fn a_keyword_is_found_where_it_belongs() {
    assert_eq!(lookup(Context::Root, "priority"), None);
    assert_eq!(elsewhere(Context::Root, "priority"), Some(Context::Instance));
    assert_eq!(elsewhere(Context::Instance, "auth_pass"), Some(Context::Authentication));
    assert_eq!(elsewhere(Context::Instance, "frobnicate"), None);
    assert_eq!(nearest(Context::Instance, "Priority"), Some("priority"));
}
