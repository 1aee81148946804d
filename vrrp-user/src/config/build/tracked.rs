//! What is tracked by whom, and what it counts there.

use super::{
    Builder, Weight, settle::Settled, sync_group::SettledGroup, track::TrackLine,
    trackers::Definitions,
};
use crate::config::{
    Code, Diagnostic,
    diagnostics::quoted,
    model::tracking::{Track, Tracked},
    suggest,
};

/// Why the points of an instance's own lines do not count.
#[derive(Clone, Copy)]
enum NoPoints {
    /// Priority 255 stays.
    Owner,
    /// Members of a sync group keep one priority.
    Grouped,
}

impl Builder<'_> {
    /// Fills in what each instance tracks: its own lines, and those of its sync group.
    pub(super) fn settle_tracks(
        &mut self,
        instances: &mut [Settled],
        groups: &[SettledGroup],
        definitions: &Definitions,
    ) {
        for group in groups {
            self.complain_of_unknown(&group.tracks, definitions);
        }
        for settled in &mut *instances {
            let lines = std::mem::take(&mut settled.tracks);
            self.complain_of_unknown(&lines, definitions);
            let group = groups.iter().find(|it| it.group.members.contains(&settled.instance.name));
            let no_points = match group {
                Some(group) if !group.tracks_weights => Some(NoPoints::Grouped),
                _ if settled.instance.priority.is_owner() => Some(NoPoints::Owner),
                _ => None,
            };
            let tracks = lines.iter().filter_map(|line| {
                let track = track(line, definitions)?;
                let track = match no_points {
                    Some(why) if track.weight.points != 0 => {
                        self.without_points(line, track, why)?
                    }
                    _ => track,
                };
                let own = Tracked::Interface(settled.instance.interface.clone());
                if track.what == own && track.weight.points != 0 && settled.instance.tracks_own.link
                {
                    self.own_interface(line);
                    return None;
                }
                Some(track)
            });
            settled.instance.track = tracks.collect();
        }
        for group in groups {
            self.settle_group_tracks(instances, group, definitions);
        }
    }

    /// Adds what a group tracks to each of its members.
    fn settle_group_tracks(
        &mut self,
        instances: &mut [Settled],
        group: &SettledGroup,
        definitions: &Definitions,
    ) {
        let members = |settled: &&mut Settled| group.group.members.contains(&settled.instance.name);
        let has_owner = instances.iter().any(|settled| {
            group.group.members.contains(&settled.instance.name)
                && settled.instance.priority.is_owner()
        });
        for line in &group.tracks {
            let Some(mut track) = track(line, definitions) else { continue };
            if has_owner && track.weight.points != 0 {
                self.tell_of_points(line, "a member has priority 255", "it counts as `weight 0`");
                track.weight.points = 0;
            }
            for settled in instances.iter_mut().filter(members) {
                let tracks = &mut settled.instance.track;
                match tracks.iter_mut().find(|own| own.what == track.what) {
                    Some(own) => {
                        // An unweighted one stays so.
                        if own.weight.points != 0 {
                            own.weight = track.weight;
                        }
                    }
                    None => tracks.push(track.clone()),
                }
            }
        }
    }

    /// As keepalived does, whose rules differ from kind to kind.
    fn without_points(
        &mut self,
        line: &TrackLine,
        mut track: Track,
        why: NoPoints,
    ) -> Option<Track> {
        let reason = match why {
            NoPoints::Owner => "the instance has priority 255",
            NoPoints::Grouped => {
                "the instance is in a sync group without `sync_group_tracking_weight`"
            }
        };
        let stays = match (&track.what, why) {
            (Tracked::Interface(_), NoPoints::Grouped) => true,
            (Tracked::File(_), _) => track.weight.points == 1,
            _ => false,
        };
        let note = if stays {
            "it counts as `weight 0`, as in keepalived"
        } else {
            "the line is ignored, as keepalived does"
        };
        self.tell_of_points(line, reason, note);
        track.weight.points = 0;
        stays.then_some(track)
    }

    fn tell_of_points(&mut self, line: &TrackLine, reason: &str, note: &str) {
        let what = format!("{} {}", line.what.kind(), quoted(line.what.name()));
        self.sink.push(
            Diagnostic::warning(
                Code::Tracking,
                line.span,
                format!("the weight of {what} does not count: {reason}"),
            )
            .help("write `weight 0`, for the state to depend on it, or remove the line")
            .note(note),
        );
    }

    fn own_interface(&mut self, line: &TrackLine) {
        self.sink.push(
            Diagnostic::warning(
                Code::NoEffect,
                line.span,
                "this is the instance's own interface, without which it cannot take part anyway",
            )
            .label("ignored")
            .help("remove the line, or add `dont_track_primary`")
            .note("keepalived does not heed the weight either"),
        );
    }

    fn complain_of_unknown(&mut self, lines: &[TrackLine], definitions: &Definitions) {
        for TrackLine { what, span, .. } in lines {
            if definitions.weight_of(what).is_some() || definitions.is_unusable(what) {
                continue;
            }
            let (article, block) = match what {
                Tracked::Interface(_) => continue,
                Tracked::Script(_) => ("script", "vrrp_script"),
                Tracked::File(_) => ("track file", "track_file"),
                Tracked::Process(_) => ("track process", "vrrp_track_process"),
                Tracked::Bfd(_) => ("BFD instance", "bfd_instance"),
            };
            let names = definitions.names(what.kind());
            let help = match suggest::nearest(what.name(), names.into_iter()) {
                Some(near) => format!("did you mean {}?", quoted(near)),
                None => format!("add `{block} {} {{ … }}`", what.name()),
            };
            self.sink.push(
                Diagnostic::error(
                    Code::Tracking,
                    *span,
                    format!("there is no {article} {}", quoted(what.name())),
                )
                .label("ignored")
                .help(help)
                .note("keepalived ignores it too"),
            );
        }
    }
}

/// A line with the thing's own weight filled in.
fn track(line: &TrackLine, definitions: &Definitions) -> Option<Track> {
    let Weight { points, reverse } = definitions.weight_of(&line.what)?;
    let weight =
        Weight { points: line.points.unwrap_or(points), reverse: line.reverse.unwrap_or(reverse) };
    Some(Track { what: line.what.clone(), weight })
}
