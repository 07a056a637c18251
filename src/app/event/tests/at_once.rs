//! The last seat, again and again: by threads, each on a connection of its own, and by processes.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::world::site_in;
use super::*;
use crate::clock::Clock;
use crate::model::InvitationId;
use crate::store::{InvitedBy, Store};

const FOLDER: &str = "XCHANGE_TEST_FOLDER";
const GUEST: &str = "XCHANGE_TEST_GUEST";
/// How far the world's calendar is ahead of the machine's clock, in seconds.
const AHEAD: &str = "XCHANGE_TEST_AHEAD";

const PEOPLE: [&str; 3] = ["Ada", "Ben", "Cleo"];

/// A dinner of one seat to which all were silent.
fn too_late() -> (World, TopicId) {
    let world = World::with(&PEOPLE);
    let event = world.dinner(1, "3");
    world.act(event, &Act::Deal);
    for _ in PEOPLE {
        world.leave(true);
        world.pass(hours(25));
    }
    (world, event)
}

/// Says YES, and gives what is said back.
fn say_yes(store: &Store, events: &Events, guest: InvitationId) -> String {
    let answered = store.write(|tx| {
        let guest = tx.guest(InvitedBy::Id(guest))?.expect("a guest");
        events.answer(tx, &guest, (Word::Yes, Some(1)), Via::Text, events.now())
    });
    answered.expect("a sound database").words
}

impl World {
    /// One has the seat, the others stand behind each other, each has heard so and nobody needs a message. Then all are
    /// late again.
    fn check_and_begin_anew(&self, event: TopicId, mut heard: Vec<String>, round: usize) {
        let shown = self.shown(event);
        let held = shown.rows.iter().filter(|row| row.invitation.state == State::Held).count();
        assert_eq!((held, shown.line.len(), shown.seats.taken), (1, PEOPLE.len() - 1, 1), "round {round}");
        heard.sort();
        let place = |words: &String| {
            ["number 1 in line", "number 2 in line", "You are in"].iter().position(|it| words.contains(it))
        };
        assert_eq!(heard.iter().filter_map(place).collect::<Vec<_>>(), [0, 1, 2], "round {round}: {heard:?}");
        assert_eq!(self.queued().len(), PEOPLE.len(), "the invitations");
        self.store().sql("UPDATE seat SET invitation = NULL, taken = 0");
        self.store().sql("UPDATE invitation SET state = 'lapsed', seats = 0, lined_at = NULL");
    }
}

// D8 P7
#[test]
fn of_many_threads_exactly_one_gets_the_last_seat() {
    const ROUNDS: usize = 1_000;
    let (world, event) = too_late();
    let stores: Vec<_> = PEOPLE.iter().map(|_| world.another_store()).collect();
    let guests = PEOPLE.map(|name| world.guest(event, name).id);
    for round in 0..ROUNDS {
        let barrier = std::sync::Barrier::new(PEOPLE.len());
        let heard = std::thread::scope(|scope| {
            let threads: Vec<_> = stores
                .iter()
                .zip(guests)
                .map(|(store, guest)| {
                    let (world, barrier) = (&world, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        say_yes(store, &world.events, guest)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        world.check_and_begin_anew(event, heard, round);
    }
}

/// A guest in a process of its own, who says YES whenever a line comes; a test only by name.
#[test]
#[ignore = "run by the test below, in processes of its own"]
fn child_guest() {
    let read = |name| std::env::var(name).ok();
    let (Some(folder), Some(guest), Some(ahead)) = (read(FOLDER), read(GUEST), read(AHEAD)) else { return };
    let clock = Clock::system();
    clock.advance(SignedDuration::from_secs(ahead.parse().expect("seconds")));
    let site = site_in(std::path::Path::new(&folder), clock);
    let (events, guest) = (Events::of(&site), InvitationId(guest.parse().expect("a number")));
    for _round in std::io::stdin().lines() {
        let words = say_yes(&site.store, &events, guest);
        writeln!(std::io::stdout(), "heard: {words}").expect("somebody listens");
    }
}

struct Process {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Process {
    fn start(world: &World, guest: InvitationId) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["--exact", "app::event::tests::at_once::child_guest", "--ignored"]);
        let ahead = world.now().duration_since(Clock::system().now()).as_secs();
        command.env(FOLDER, world.folder.path()).env(GUEST, guest.0.to_string()).env(AHEAD, ahead.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a child");
        let (to, from) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        Self { child, to, from: BufReader::new(from) }
    }

    fn heard(&mut self) -> String {
        let mut lines = self.from.by_ref().lines().map(|line| line.expect("a line"));
        lines.find_map(|line| line.split_once("heard: ").map(|(_, words)| words.to_owned())).expect("an answer")
    }
}

// D8 P7
#[test]
fn of_many_processes_exactly_one_gets_the_last_seat() {
    const ROUNDS: usize = 50;
    let (world, event) = too_late();
    let mut processes = PEOPLE.map(|name| Process::start(&world, world.guest(event, name).id));
    for round in 0..ROUNDS {
        processes.iter_mut().for_each(|process| process.to.write_all(b"now\n").expect("somebody listens"));
        let heard = processes.iter_mut().map(Process::heard).collect();
        world.check_and_begin_anew(event, heard, round);
    }
    for Process { mut child, to, .. } in processes {
        drop(to);
        assert!(child.wait().expect("an end").success());
    }
}
