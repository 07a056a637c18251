//! A way to a server's socket that can be cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};

/// How a cable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It carries everything.
    Whole,
    /// Nothing comes through, and nobody hears of that.
    Silent,
    /// Every connection ends at once.
    Cut,
    /// The next COMMIT cuts it and is not carried any more.
    CutBeforeCommit,
    /// The next COMMIT is carried, and its answer cuts it.
    CutAfterCommit,
    /// What the server answers next cuts it.
    CutByAnswer,
}

#[derive(Clone)]
struct Shared {
    state: Arc<(Mutex<State>, Condvar)>,
    ends: Arc<Mutex<Vec<(TcpStream, UnixStream)>>>,
}

pub(crate) struct Cable {
    pub(crate) address: SocketAddr,
    shared: Shared,
}

impl Cable {
    /// To the server's socket, from a free port.
    pub(crate) fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Shared { state: Arc::new((Mutex::new(State::Whole), Condvar::new())), ends: Arc::default() };
        let carried = shared.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if carried.state() == State::Cut {
                    continue;
                }
                // Without a server there is nothing at this end either.
                if let Ok(far) = UnixStream::connect(&socket) {
                    carried.join(&near, &far);
                }
            }
        });
        Self { address, shared }
    }

    /// Makes it so.
    pub(crate) fn put(&self, state: State) {
        self.shared.put(state);
    }

    pub(crate) fn state(&self) -> State {
        self.shared.state()
    }
}

impl Shared {
    fn state(&self) -> State {
        *self.state.0.lock().expect("sound")
    }

    fn put(&self, state: State) {
        *self.state.0.lock().expect("sound") = state;
        self.state.1.notify_all();
        if state == State::Cut {
            for (near, far) in self.ends.lock().expect("sound").drain(..) {
                let _gone = (near.shutdown(Shutdown::Both), far.shutdown(Shutdown::Both));
            }
        }
    }

    fn join(&self, near: &TcpStream, far: &UnixStream) {
        let copies = || (near.try_clone().expect("a copy"), far.try_clone().expect("a copy"));
        self.ends.lock().expect("sound").push(copies());
        for is_asking in [true, false] {
            let (me, (near, far)) = (self.clone(), copies());
            std::thread::spawn(move || {
                match is_asking {
                    true => me.carry(&near, &far, is_asking),
                    false => me.carry(&far, &near, is_asking),
                }
                // Whoever is at the other end hears that this one is gone.
                let _gone = (near.shutdown(Shutdown::Both), far.shutdown(Shutdown::Both));
            });
        }
    }

    fn carry(&self, mut from: impl Read, mut to: impl Write, is_asking: bool) {
        let mut bytes = [0; 8192];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let state = self.state.1.wait_while(self.state.0.lock().expect("sound"), |s| *s == State::Silent);
            let state = *state.expect("sound");
            let commits = is_asking && bytes[..count].windows(7).any(|word| word == b"COMMIT\0");
            match state {
                State::CutBeforeCommit if commits => self.put(State::Cut),
                State::CutByAnswer if !is_asking => self.put(State::Cut),
                State::CutAfterCommit if commits => self.put(State::CutByAnswer),
                _ => {}
            }
            if self.state() == State::Cut || to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
    }
}
