//! What stands behind the flags in `--help` and in the manual page: examples, files, exit codes. Its lines are not folded, so
//! they fit 72 columns.

/// Behind the help of xchange as a whole.
pub(super) const WHOLE: &str = "\
Examples:
  xchange demo                       try it all, with invented people
  xchange init                       write a roster to start from
  xchange rehearse                   play its whole season, nothing sent
  xchange people import staff.xlsx   people from a spreadsheet
  xchange check                      is it right, is a draw possible?
  xchange draw                       draw, seal and keep it
  xchange send                       tell those who get an e-mail
  xchange serve --ngrok --connect    answer texts
  xchange status                     who has asked
  xchange update                     somebody joined, or has a new phone
  xchange announce TEXT              tell everybody something
  xchange exchange new \"Office\"      another exchange beside it

Files:
  exchange.toml    the roster; `xchange init` explains every key
  exchange.db      the database
  exchange.key     what opens the sealed draws; keep a copy of it
  sealed/          the second copy, unless [archive] says otherwise

Environment:
  TWILIO_ACCOUNT_SID    the account that texts come and go by
  TWILIO_AUTH_TOKEN     its token
  SMTP_PASSWORD         of the mail server
  XCHANGE_DATABASE_PASSWORD   of the database, if [store] has a url
  XCHANGE_PASSPHRASE    of the key file, if it has one
  XCHANGE_FILE          the roster, instead of --file
  AWS_PROFILE, ...      the standard AWS chain, for an archive in S3
  NO_COLOR              no colours, if set
  TWILIO_AUTH_TOKEN_FILE, SMTP_PASSWORD_FILE, XCHANGE_PASSPHRASE_FILE
  and XCHANGE_DATABASE_PASSWORD_FILE name files that hold them instead.

Exit codes:
  0  done
  1  the answer is no: impossible, drawn already, a check failed
  2  an error, or wrong usage";
