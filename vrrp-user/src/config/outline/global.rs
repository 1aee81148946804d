//! Everything but the instances.

use super::{Block, Lines, programs, routing, tracking};
use crate::config::model::{
    Config, LinkDelay, Pacing, PacingGroup, Pauses, Process, StartDelay, SyncGroup,
    dumps::{Dumps, JsonVersion},
};

/// The blocks of a configuration, without its instances.
pub(in crate::config) fn blocks(config: &Config) -> Vec<Block> {
    let Config {
        router_id,
        process,
        instances: _,
        sync_groups,
        checks,
        scripts,
        fifos,
        pacing: Pacing { every, groups },
        start: StartDelay { startup, after_boot },
        link_delays,
        log_unknown_vrids,
        reload_file,
        trackers,
        statics,
        dumps,
    } = config;
    let mut lines = Lines::default();
    lines.say_if("router_id", router_id.as_ref());
    self::process(&mut lines, process);
    programs::scripts(&mut lines, scripts);
    programs::fifos(&mut lines, fifos);
    let Pauses { arp, nd } = every;
    lines.seconds_if("vrrp_garp_interval", *arp);
    lines.seconds_if("vrrp_gna_interval", *nd);
    lines.seconds_if("vrrp_startup_delay", *startup);
    lines.seconds_if("vrrp_delay_after_boot", *after_boot);
    lines.flag("log_unknown_vrids", *log_unknown_vrids);
    lines.say_if("reload_file", reload_file.as_ref().map(|path| path.display()));
    self::dumps(&mut lines, dumps);
    let mut blocks = vec![Block { title: "global_defs".to_owned(), lines: lines.0 }];
    blocks.extend(routing::statics(statics));
    blocks.extend(checks.iter().map(programs::check));
    blocks.extend(tracking::trackers(trackers));
    blocks.extend(sync_groups.iter().map(sync_group));
    blocks.extend(groups.iter().map(pacing_group));
    if !link_delays.is_empty() {
        let mut lines = Lines::default();
        for (interface, LinkDelay { down, up }) in link_delays {
            let words = format!("{interface} {} {}", down.as_secs_f64(), up.as_secs_f64());
            lines.say("", words);
        }
        blocks.push(Block { title: "interface_up_down_delays".to_owned(), lines: lines.0 });
    }
    blocks
}

fn process(lines: &mut Lines, process: &Process) {
    let Process { rt_priority, nice, no_swap, cpus, rt_time } = process;
    lines.say_if("vrrp_rt_priority", *rt_priority);
    lines.say_if("vrrp_priority", *nice);
    lines.flag("vrrp_no_swap", *no_swap);
    let cpus: Vec<String> = cpus.iter().map(ToString::to_string).collect();
    lines.say_if("vrrp_cpu_affinity", (!cpus.is_empty()).then(|| cpus.join(" ")));
    lines.say_if("vrrp_rlimit_rttime", rt_time.map(|time| time.as_micros()));
}

fn dumps(lines: &mut Lines, dumps: &Dumps) {
    let Dumps { state, stats, json, json_version, use_instance, instance } = dumps;
    lines.say_if("state_dump_file", state.as_ref());
    lines.say_if("stats_dump_file", stats.as_ref());
    lines.say_if("json_dump_file", json.as_ref());
    lines.say_if("json_version", (*json_version == JsonVersion::V2).then_some(2));
    lines.flag("data_use_instance", *use_instance);
    lines.say_if("instance", instance.as_ref());
}

fn sync_group(group: &SyncGroup) -> Block {
    let SyncGroup { name, members, notify } = group;
    let mut lines = Lines::default();
    for member in members {
        lines.say("group", member);
    }
    programs::notify(&mut lines, notify);
    Block { title: format!("vrrp_sync_group {name}"), lines: lines.0 }
}

/// It has no name: its interfaces, of which each is in one only, tell it from others.
fn pacing_group(group: &PacingGroup) -> Block {
    let PacingGroup { interfaces, pauses: Pauses { arp, nd } } = group;
    let mut lines = Lines::default();
    lines.seconds_if("garp_interval", *arp);
    lines.seconds_if("gna_interval", *nd);
    Block { title: format!("garp_group of {}", interfaces.join(" ")), lines: lines.0 }
}
