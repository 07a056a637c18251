//! What stands behind the flags in `--help` and in the manual page: examples, files, exit codes.

/// Behind the help of xchange as a whole.
pub(super) const WHOLE: &str = "\
Examples:
  xchange demo                          try it all in the browser, with invented people
  xchange init                          write a roster to start from
  xchange check                         is it right, and is a draw possible?
  xchange draw                          draw, seal and keep it
  xchange send                          tell those who have only an e-mail address
  xchange serve --ngrok --connect       answer texts
  xchange status                        who has asked

Files:
  exchange.toml     the roster; `xchange init` explains every key
  exchange.db       the database
  exchange.key      what opens the sealed draws; keep a copy of it
  sealed/           the second copy of the sealed draws, unless [archive] names another place

Environment:
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN   the account that texts are received and sent with
  SMTP_PASSWORD                           of the mail server
  XCHANGE_PASSPHRASE                      of the key file, if it has one
  XCHANGE_FILE                            the roster, instead of --file
  NO_COLOR                                no colours, if set
  AWS_ACCESS_KEY_ID, AWS_PROFILE, ...     of an archive in S3
  Secrets may stand in files instead, named by TWILIO_AUTH_TOKEN_FILE, SMTP_PASSWORD_FILE, XCHANGE_PASSPHRASE_FILE.

Exit codes:
  0  done
  1  the answer is no: impossible, drawn already, a check failed
  2  an error, or wrong usage";
