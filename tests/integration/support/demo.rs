//! A running `xchange demo` or `xchange rehearse`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use super::house::House;

/// A running demo; ended when dropped.
pub(crate) struct Demo {
    child: Child,
    pub(crate) address: String,
    /// What it said before it was ready.
    pub(crate) said: String,
}

impl Demo {
    /// Starts the demo and reads the address it prints. What it throws away stands in the house's folder `tmp`.
    pub(crate) fn start(house: &House, args: &[&str]) -> Self {
        Self::start_verb(house, &[&["demo"], args].concat())
    }

    /// The same with its verb.
    pub(crate) fn start_verb(house: &House, args: &[&str]) -> Self {
        std::fs::create_dir(house.path("tmp")).expect("a folder");
        let mut child = house
            .command(args)
            .env("TMPDIR", house.path("tmp"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut talk = BufReader::new(child.stderr.take().expect("piped"));
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            assert!(talk.read_line(&mut said).expect("text") > 0, "it says how to end it: {said}");
        }
        // Read to its end, or a talkative demo would wait for a reader.
        std::thread::spawn(move || std::io::copy(&mut talk, &mut std::io::sink()));
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let page = lines.find(|line| line.contains("http://")).expect("an address");
        let (_, rest) = page.split_once("http://").expect("the page");
        let (address, _) = rest.split_once('/').expect("the page");
        let address = address.to_owned();
        Self { child, address, said }
    }

    /// The page of the phones.
    pub(crate) fn page(&self) -> String {
        format!("http://{}/phones", self.address)
    }

    /// One request as the page makes it; gives the whole answer.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let origin = format!("http://{}", self.address);
        self.send(&format!("{method} {path}"), &[("Origin", &origin), ("Content-Type", "application/json")], body)
    }

    /// One request with these headers; gives the whole answer.
    pub(crate) fn send(&self, what: &str, headers: &[(&str, &str)], body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "{what} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    /// Ends it as Ctrl-C does, and waits until it has ended well.
    pub(crate) fn stop(&mut self) {
        let told = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
