-- Who an issuer of OpenID Connect says an account's owner is. Its subject stays; an e-mail address may become another's.
CREATE TABLE identity (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES account (id),
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, account)
) STRICT, WITHOUT ROWID;

-- A sign-in that went to an issuer and has not come back. Taken when it does, so that it comes back once.
CREATE TABLE sign_in_under_way (
    hash     BLOB PRIMARY KEY,                                -- of what the issuer gives back
    browser  BLOB NOT NULL,                                   -- hash of the cookie of the browser that went
    nonce    TEXT NOT NULL,
    verifier TEXT NOT NULL,                                   -- by which the issuer knows that we asked (PKCE)
    ends_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
