//! Texts beside thousands of slow connections: of four kinds, which come back whenever they are closed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::house::{House, PATIENCE};

/// How many there are where this process may open as many files; fewer otherwise, and the test says how many.
const SLOW: usize = 2_000;

/// Between one line or byte and the next.
const DAWDLE: Duration = Duration::from_millis(1_500);

/// As many as the limit of open files (`ulimit -n`) has room for beside everything else.
fn how_many() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let open_files = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = open_files.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(1_024_usize);
    SLOW.min(soft.saturating_sub(300))
}

/// One slow connection after another, until the test ends.
async fn dawdle(kind: usize, address: SocketAddr, connected: Arc<AtomicUsize>) {
    loop {
        let Ok(mut stream) = TcpStream::connect(address).await else { continue };
        connected.fetch_add(1, Ordering::Relaxed);
        let _closed = match kind {
            0 => trickle(&mut stream, b"POST /sms HTTP/1.1\r\n", b"X-Slow: 1\r\n").await,
            1 => trickle(&mut stream, b"POST /sms HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", b"x").await,
            2 => idle(&mut stream, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await,
            _ => idle(&mut stream, b"").await,
        };
    }
}

/// Sends the beginning, then a piece now and then, until the connection is closed.
async fn trickle(stream: &mut TcpStream, beginning: &[u8], piece: &[u8]) -> std::io::Result<()> {
    stream.write_all(beginning).await?;
    loop {
        match tokio::time::timeout(DAWDLE, stream.read(&mut [0; 512])).await {
            Ok(Ok(0) | Err(_)) => return Ok(()),
            Ok(Ok(_)) => {}
            Err(_elapsed) => stream.write_all(piece).await?,
        }
    }
}

/// Sends a request or nothing, then waits until the connection is closed.
async fn idle(stream: &mut TcpStream, request: &[u8]) -> std::io::Result<()> {
    stream.write_all(request).await?;
    while stream.read(&mut [0; 512]).await? > 0 {}
    Ok(())
}

// H15
#[test]
fn texts_are_answered_beside_slow_connections_of_every_kind() {
    let house = House::family();
    house.run(&["draw"]).expect(0);
    let serving = house.serve();
    let address: SocketAddr = serving.address.parse().expect("an address");
    let (many, connected) = (how_many(), Arc::new(AtomicUsize::new(0)));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    for number in 0..many {
        runtime.spawn(dawdle(number % 4, address, Arc::clone(&connected)));
    }
    let started = Instant::now();
    while connected.load(Ordering::Relaxed) < many {
        assert!(started.elapsed() < PATIENCE, "they all get in line");
        std::thread::yield_now();
    }
    let mut took = Vec::new();
    for _ in 0..15 {
        let asked = Instant::now();
        let answer = serving.text("Ada Hill", "menu");
        took.push(asked.elapsed());
        assert!(answer.contains("who you have"), "{answer}");
        // So that they meet the slow ones in all their states.
        std::thread::sleep(Duration::from_millis(300));
    }
    runtime.shutdown_background();
    let slowest = took.iter().max().expect("some");
    println!(
        "{many} slow connections, {} in all; the slowest text took {slowest:?}",
        connected.load(Ordering::Relaxed)
    );
    assert!(*slowest < Duration::from_secs(2), "{took:?}");
    serving.stop();
}
