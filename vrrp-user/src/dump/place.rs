//! Which file a dump goes to.

use std::path::{Path, PathBuf};

use super::Kind;
use crate::config::model::dumps::Dumps;

/// The file for a dump: a name that ends in `/` is that of a directory, one without `/` lies in
/// `directory`. With `data_use_instance` the network namespace and the name of the instance stand
/// before the extension.
pub(super) fn of(
    kind: Kind,
    settings: &Dumps,
    namespace: Option<&str>,
    directory: &Path,
) -> PathBuf {
    let wanted = match kind {
        Kind::Data => &settings.state,
        Kind::Stats => &settings.stats,
        Kind::Json => &settings.json,
    };
    let path = match wanted.as_deref() {
        Some(folder) if folder.ends_with('/') => directory.join(folder).join(kind.usual_name()),
        wanted => directory.join(wanted.unwrap_or(kind.usual_name())),
    };
    if !settings.use_instance {
        return path;
    }
    let names = namespace.into_iter().chain(settings.instance.as_deref());
    let names = names.collect::<Vec<_>>().join("_");
    if names.is_empty() {
        return path;
    }
    match path.extension().map(|extension| extension.display().to_string()) {
        Some(extension) => path.with_extension(format!("{names}.{extension}")),
        None => path.with_extension(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_and_the_names_of_instances_decide_where_a_dump_goes() {
        let named = |state: &str| Dumps { state: Some(state.to_owned()), ..Dumps::default() };
        let with = |dumps: Dumps, instance: Option<&str>| Dumps {
            use_instance: true,
            instance: instance.map(str::to_owned),
            ..dumps
        };
        for (settings, namespace, wanted) in [
            (Dumps::default(), None, "/tmp/keepalived.data"),
            (named("/run/x/state.txt"), None, "/run/x/state.txt"),
            (named("/run/x/"), None, "/run/x/keepalived.data"),
            (named("other"), None, "/tmp/other"),
            (Dumps::default(), Some("blue"), "/tmp/keepalived.data"),
            (with(Dumps::default(), None), None, "/tmp/keepalived.data"),
            (with(Dumps::default(), None), Some("blue"), "/tmp/keepalived.blue.data"),
            (with(Dumps::default(), Some("one")), Some("blue"), "/tmp/keepalived.blue_one.data"),
            (with(named("/x.y/state"), Some("one")), None, "/x.y/state.one"),
        ] {
            let path = of(Kind::Data, &settings, namespace, Path::new("/tmp"));
            assert_eq!(path, Path::new(wanted), "{settings:?}");
        }
        let json = Dumps { json: Some("/a/".to_owned()), ..Dumps::default() };
        assert_eq!(of(Kind::Json, &json, None, Path::new("/t")), Path::new("/a/keepalived.json"));
        assert_eq!(of(Kind::Stats, &json, None, Path::new("/t")), Path::new("/t/keepalived.stats"));
    }
}
