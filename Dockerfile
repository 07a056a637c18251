# Built on Debian's Rust image, run on a slim Debian as an ordinary user. All state is in /data.
FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

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
