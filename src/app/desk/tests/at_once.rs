//! Two hundred visitors at one instant for ten hosts, from threads and from processes, on either engine.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Barrier;

use super::super::*;
use super::world::{World, site, visitor};
use crate::clock::Clock;

const FOLDER: &str = "XCHANGE_TEST_FOLDER";
const FROM: &str = "XCHANGE_TEST_FROM";

const HOSTS: [&str; 10] = ["Ada", "Ben", "Cleo", "Dora", "Edda", "Finn", "Gwen", "Hal", "Ida", "Jon"];

const VISITORS: u32 = 200;

/// So many check in, each on a thread, from a number on; gives how many were taken.
fn check_in_together(sites: &[Exchanges], from: u32, count: u32) -> usize {
    let start = Barrier::new(count as usize);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (from..from + count)
            .map(|number| {
                let (start, site) = (&start, &sites[number as usize % sites.len()]);
                scope.spawn(move || {
                    let desk = site.store.read(|tx| find(tx, None)).expect("a desk");
                    start.wait();
                    match site.store.write(|tx| check_in(tx, site, &desk, &visitor(number), false)) {
                        Ok(_) => true,
                        Err(DeskError::Busy { nearest, .. }) => {
                            assert!(nearest.is_some());
                            false
                        }
                        Err(other) => panic!("{}", crate::error_chain::in_full(&other)),
                    }
                })
            })
            .collect();
        threads.into_iter().map(|thread| usize::from(thread.join().expect("no panic"))).sum()
    })
}

/// Each host has one, each visitor their messages, and whoever was refused has left nothing.
fn assert_nobody_is_doubled(world: &World) {
    let inside = world.read(|tx| tx.visits_inside(world.desk.id(), world.now()));
    let hosts: BTreeSet<&str> = inside.iter().map(|visit| visit.host_name.as_str()).collect();
    assert_eq!((inside.len(), hosts.len()), (HOSTS.len(), HOSTS.len()));
    let codes: BTreeSet<&str> = inside.iter().map(|visit| visit.code.as_str()).collect();
    assert_eq!(codes.len(), HOSTS.len());
    assert_eq!(world.causes().len(), 4 * HOSTS.len());
    assert_eq!(world.site.store.number("SELECT count(*) FROM person JOIN visit ON visitor = person.id"), 10);
    let strangers = "SELECT count(*) FROM person WHERE name LIKE 'Visitor %'";
    assert_eq!(world.site.store.number(strangers), 10, "who is refused is not written down");
}

// V4
#[test]
fn of_two_hundred_threads_ten_get_a_host_each() {
    let world = World::with("UTC", &HOSTS, "");
    let sites: Vec<_> = (0..4).map(|_| site(world.folder.path(), Clock::system())).collect();
    assert_eq!(check_in_together(&sites, 0, VISITORS), HOSTS.len());
    assert_nobody_is_doubled(&world);
}

/// A process of its own; a test only by name.
#[test]
#[ignore = "run by the test below, in processes of its own"]
fn child_desk() {
    let read = |name| std::env::var(name).ok();
    let (Some(folder), Some(from)) = (read(FOLDER), read(FROM)) else { return };
    let sites = [site(std::path::Path::new(&folder), Clock::system())];
    check_in_together(&sites, from.parse().expect("a number"), VISITORS / 4);
}

// V4
#[test]
fn of_two_hundred_in_four_processes_ten_get_a_host_each() {
    let world = World::with("UTC", &HOSTS, "");
    let children: Vec<_> = (0..4)
        .map(|child| {
            let mut command = Command::new(std::env::current_exe().expect("this test"));
            command.args(["--exact", "app::desk::tests::at_once::child_desk", "--ignored"]);
            command.env(FOLDER, world.folder.path()).env(FROM, (child * VISITORS / 4).to_string());
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a child")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("an end").success());
    }
    assert_nobody_is_doubled(&world);
}
