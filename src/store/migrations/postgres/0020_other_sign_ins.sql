-- Who an issuer of OpenID Connect says an account's owner is. Its subject stays; an e-mail address may become another's.
CREATE TABLE identity (
    issuer  TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    account BIGINT NOT NULL REFERENCES account (id),
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, account)
);

-- A sign-in that went to an issuer and has not come back. Taken when it does, so that it comes back once.
CREATE TABLE sign_in_under_way (
    hash     BYTEA PRIMARY KEY,                                -- of what the issuer gives back
    browser  BYTEA NOT NULL,                                   -- hash of the cookie of the browser that went
    nonce    TEXT COLLATE "C" NOT NULL,
    verifier TEXT COLLATE "C" NOT NULL,                                   -- by which the issuer knows that we asked (PKCE)
    ends_at  BIGINT NOT NULL
);
