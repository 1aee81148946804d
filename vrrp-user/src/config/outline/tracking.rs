//! What is tracked.

use super::{Block, Lines, programs::weight};
use crate::config::model::tracking::{
    BfdInstance, InitFile, Matching, OwnTracks, Track, TrackFile, TrackProcess, Tracked, Trackers,
};

/// The lines of an instance about it, those of its sync group included.
pub(super) fn tracks(lines: &mut Lines, tracks: &[Track], own: OwnTracks) {
    for Track { what, weight: counts } in tracks {
        let keyword = match what {
            Tracked::Interface(_) => "track_interface",
            Tracked::Script(_) => "track_script",
            Tracked::File(_) => "track_file",
            Tracked::Process(_) => "track_process",
            Tracked::Bfd(_) => "track_bfd",
        };
        lines.say(keyword, format!("{} weight {}", what.name(), weight(*counts)));
    }
    let OwnTracks { link, source } = own;
    lines.flag("dont_track_primary", !link);
    lines.flag("track_src_ip", source);
}

/// What is watched.
pub(super) fn trackers(trackers: &Trackers) -> Vec<Block> {
    let Trackers { files, processes, bfd_instances } = trackers;
    let files = files.iter().map(track_file);
    files
        .chain(processes.iter().map(track_process))
        .chain(bfd_instances.iter().map(bfd_instance))
        .collect()
}

fn track_file(file: &TrackFile) -> Block {
    let TrackFile { name, path, weight: counts, init } = file;
    let mut lines = Lines::default();
    lines.say("file", path.display());
    lines.say("weight", weight(*counts));
    lines.say_if(
        "init_file",
        init.map(|InitFile { value, overwrite }| {
            format!("{value}{}", if overwrite { " overwrite" } else { "" })
        }),
    );
    Block { title: format!("track_file {name}"), lines: lines.0 }
}

fn track_process(process: &TrackProcess) -> Block {
    let TrackProcess {
        name,
        command,
        parameters,
        matching,
        weight: counts,
        quorum,
        most,
        fork_delay,
        terminate_delay,
    } = process;
    let mut lines = Lines::default();
    let words: Vec<&str> = std::iter::once(command).chain(parameters).map(String::as_str).collect();
    lines.say("process", words.join(" "));
    match matching {
        Matching::Name => {}
        Matching::Command => lines.flag("full_command", true),
        Matching::Exact => lines.flag("param_match", true),
        Matching::Initial => lines.say("param_match", "initial"),
        Matching::Partial => lines.say("param_match", "partial"),
    }
    lines.say("weight", weight(*counts));
    lines.say("quorum", quorum);
    lines.say_if("quorum_max", *most);
    lines.seconds_if("fork_delay", *fork_delay);
    lines.seconds_if("terminate_delay", *terminate_delay);
    Block { title: format!("vrrp_track_process {name}"), lines: lines.0 }
}

fn bfd_instance(bfd: &BfdInstance) -> Block {
    let BfdInstance { name, state_file, weight: counts } = bfd;
    let mut lines = Lines::default();
    lines.say("state_file", state_file.display());
    lines.say("weight", weight(*counts));
    Block { title: format!("bfd_instance {name}"), lines: lines.0 }
}
