# Built on Debian's Rust image, run on a slim Debian as an ordinary user. All state is in /data.
FROM rust:1.95-bookworm AS build
WORKDIR /src
# The dependencies in a layer of their own, built again only when Cargo.toml or Cargo.lock change. Cargo wants every target
# that Cargo.toml names, so empty ones stand in for them.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src benches \
    && echo '//! Stands in.' | tee src/lib.rs > src/main.rs \
    && echo 'fn main() {}' >> src/main.rs \
    && sed -n '/^\[\[bench\]\]/{n;s|^name = "\(.*\)"|benches/\1.rs|p}' Cargo.toml | xargs touch \
    && cargo build --release --locked
COPY . .
# Cargo goes by time, and what stood in is younger than what was copied.
RUN touch src/lib.rs src/main.rs && cargo build --release --locked

FROM debian:bookworm-slim
# S3, Twilio and SMTP are reached over TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin xchange \
    && install --directory --owner=xchange --group=xchange --mode=0700 /data
COPY --from=build /src/target/release/xchange /usr/local/bin/xchange
USER xchange
WORKDIR /data
VOLUME /data
EXPOSE 5050
ENV XCHANGE_FILE=/data/exchange.toml
ENTRYPOINT ["xchange"]
# A container has to listen beyond its own loopback.
CMD ["serve", "--bind", "0.0.0.0:5050"]
