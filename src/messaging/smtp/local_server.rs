//! A local mail server: speaks SMTP (RFC 5321) over a socket, keeps what it takes, fails on request.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Something that goes wrong with the next mail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// Refuses the recipient with this code, repeating the address as servers do.
    RefuseRecipient(u16),
    /// Refuses the finished mail with this code.
    RefuseMail(u16),
    /// Takes the mail, then closes the connection without a word.
    TakeAndHangUp,
}

/// How it protects its connections.
#[derive(Clone)]
pub(crate) enum Protection {
    /// Not at all.
    None,
    /// When it is asked to (RFC 3207); before that it takes no mail and no login.
    StartTls(Arc<ServerConfig>),
    /// From the first byte on (RFC 8314).
    Tls(Arc<ServerConfig>),
}

/// A mail that it took.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) source: String,
}

impl Mail {
    /// A header's value, unfolded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let unfolded = self.source.replace("\r\n ", " ");
        let head = unfolded.split("\r\n\r\n").next()?.to_owned();
        head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
    }
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    troubles: VecDeque<Trouble>,
    connections: usize,
    logins: Vec<(String, String)>,
    unprotected: Vec<String>,
}

/// A local mail server that runs until it is dropped.
pub(crate) struct LocalSmtp {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for LocalSmtp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl LocalSmtp {
    /// Starts it; with a user and password it wants a login.
    pub(crate) async fn start(login: Option<(&'static str, &'static str)>) -> Self {
        Self::start_with(login, Protection::None).await
    }

    /// Starts it with protected connections.
    pub(crate) async fn start_with(login: Option<(&'static str, &'static str)>, protection: Protection) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                shared.lock().expect("unpoisoned").connections += 1;
                let (state, protection) = (Arc::clone(&shared), protection.clone());
                tokio::spawn(async move {
                    // A client that goes away ends its conversation, nothing else.
                    let _gone = connected(stream, &state, login, protection).await;
                });
            }
        });
        Self { address, state, server }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Lets the next mails go wrong, one after the other.
    pub(crate) fn plan(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.state.lock().expect("unpoisoned").troubles.extend(troubles);
    }

    /// What it took, in order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.state.lock().expect("unpoisoned").mails.clone()
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.state.lock().expect("unpoisoned").connections
    }

    /// Every line that came without protection.
    pub(crate) fn unprotected(&self) -> Vec<String> {
        self.state.lock().expect("unpoisoned").unprotected.clone()
    }

    /// Who has logged in.
    pub(crate) fn logins(&self) -> Vec<(String, String)> {
        self.state.lock().expect("unpoisoned").logins.clone()
    }
}

async fn connected(
    mut stream: TcpStream,
    state: &Mutex<State>,
    login: Option<(&'static str, &'static str)>,
    protection: Protection,
) -> std::io::Result<()> {
    const GREETING: &[u8] = b"220 mail.example.org ESMTP\r\n";
    let mut session = Session { state, login, is_clear: true, offers_tls: false };
    match protection {
        Protection::None => {
            stream.write_all(GREETING).await?;
            session.converse(stream).await?;
        }
        Protection::StartTls(config) => {
            stream.write_all(GREETING).await?;
            session.offers_tls = true;
            if let Some(stream) = session.converse(stream).await? {
                (session.is_clear, session.offers_tls) = (false, false);
                session.converse(TlsAcceptor::from(config).accept(stream).await?).await?;
            }
        }
        Protection::Tls(config) => {
            session.is_clear = false;
            let mut stream = TlsAcceptor::from(config).accept(stream).await?;
            stream.write_all(GREETING).await?;
            session.converse(stream).await?;
        }
    }
    Ok(())
}

/// One side of a conversation.
struct Session<'a> {
    state: &'a Mutex<State>,
    login: Option<(&'static str, &'static str)>,
    is_clear: bool,
    offers_tls: bool,
}

impl Session<'_> {
    /// Converses to the end, or gives the connection back when protection was asked for.
    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> std::io::Result<Option<S>> {
        let Self { state, login, .. } = *self;
        let mut stream = BufReader::new(stream);
        let (mut from, mut to) = (String::new(), Vec::new());
        let mut logged_in = login.is_none();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let line = line.trim_end();
            if self.is_clear {
                state.lock().expect("unpoisoned").unprotected.push(line.to_owned());
            }
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" => self.offers(),
                "STARTTLS" if self.offers_tls => {
                    stream.write_all(b"220 go on\r\n").await?;
                    // What came along in the clear would be taken for protected (CVE-2011-0411).
                    assert!(stream.buffer().is_empty(), "nothing may follow STARTTLS before its answer");
                    return Ok(Some(stream.into_inner()));
                }
                "AUTH" | "MAIL" if self.offers_tls => "530 protect yourself first".to_owned(),
                "AUTH" => {
                    logged_in = self.is_login(line);
                    if logged_in { "235 welcome".to_owned() } else { "535 no".to_owned() }
                }
                "MAIL" if !logged_in => "530 log in first".to_owned(),
                "MAIL" => {
                    (from, to) = (in_brackets(line), Vec::new());
                    "250 ok".to_owned()
                }
                "RCPT" => {
                    let recipient = in_brackets(line);
                    match next_if(state, |trouble| matches!(trouble, Trouble::RefuseRecipient(_))) {
                        Some(Trouble::RefuseRecipient(code)) => format!("{code} 5.1.1 <{recipient}> is not known here"),
                        _ => {
                            to.push(recipient);
                            "250 ok".to_owned()
                        }
                    }
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let source = read_data(&mut stream).await?;
                    match take(state, Mail { from: from.clone(), to: to.clone(), source }) {
                        Some(answer) => answer,
                        None => return Ok(None),
                    }
                }
                "RSET" | "NOOP" => "250 ok".to_owned(),
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(None);
                }
                _ => "502 not here".to_owned(),
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }

    fn is_login(&self, line: &str) -> bool {
        let Some((user, password)) = credentials(line) else { return false };
        let is_right = self.login == Some((user.as_str(), password.as_str()));
        self.state.lock().expect("unpoisoned").logins.push((user, password));
        is_right
    }

    fn offers(&self) -> String {
        let more = [(self.offers_tls, "STARTTLS"), (self.login.is_some() && !self.offers_tls, "AUTH PLAIN")];
        let more = more.iter().filter(|(offered, _)| *offered).map(|(_, what)| format!("250-{what}\r\n"));
        format!("250-mail.example.org\r\n{}250 8BITMIME", more.collect::<String>())
    }
}

/// Takes a mail, or does what is planned; `None` ends the conversation without a word.
fn take(state: &Mutex<State>, mail: Mail) -> Option<String> {
    match next_if(state, |trouble| !matches!(trouble, Trouble::RefuseRecipient(_))) {
        Some(Trouble::RefuseMail(code)) => Some(format!("{code} not now")),
        trouble => {
            state.lock().expect("unpoisoned").mails.push(mail);
            trouble.is_none().then(|| "250 taken".to_owned())
        }
    }
}

async fn read_data(lines: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<String> {
    let mut source = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(source);
        }
        source.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

fn next_if(state: &Mutex<State>, fits: impl Fn(&Trouble) -> bool) -> Option<Trouble> {
    let mut state = state.lock().expect("unpoisoned");
    let next = state.troubles.front().copied().filter(|trouble| fits(trouble));
    if next.is_some() {
        state.troubles.pop_front();
    }
    next
}

fn in_brackets(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// User and password of `AUTH PLAIN` (RFC 4616).
fn credentials(line: &str) -> Option<(String, String)> {
    let bytes = BASE64.decode(line.split(' ').nth(2)?.as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let mut parts = text.split('\0').skip(1);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}
