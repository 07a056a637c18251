//! Errors from below become failures here, and nowhere else are hints written for them: whose turn it is, and what to do.

mod desks;
mod exchanges;

use super::Failure;
use crate::app::accounts::AccountError;
use crate::app::backup::BackupFailure;
use crate::app::exchange::agreement::{RENAME, RESTORE};
use crate::app::exchange::archive_copy::Copy;
use crate::app::exchange::audit::{AuditError, UnknownPerson};
use crate::app::exchange::draw::DrawError;
use crate::app::exchange::draw_record::NotTheDraw;
use crate::app::exchange::mail_again::LostError;
use crate::app::exchange::put_back::PutBackError;
use crate::app::exchange::question::HistoryClosed;
use crate::app::exchange::rerun::RerunError;
use crate::app::exchange::restore::RestoreError;
use crate::app::exchange::update::UpdateError;
use crate::app::outbox::ChangeError;
use crate::app::outbox::providers::NoSender;
use crate::app::service::StartError;
use crate::archive::ArchiveError;
use crate::error_chain::sentence;
use crate::messaging::ngrok::NgrokError;
use crate::messaging::number::NumberError;
use crate::messaging::smtp::SmtpError;
use crate::messaging::twilio::TwilioError;
use crate::roster::{RosterError, render_all};
use crate::seal::KeyError;
use crate::store::{ArchiveState, BackupError, StoreError};

impl From<RosterError> for Failure {
    fn from(error: RosterError) -> Self {
        match error {
            RosterError::Problems(problems) => {
                let text = render_all(&problems);
                Self::error(format!("the roster has to be mended first\n{text}"))
            }
            RosterError::Read { ref path, ref source } if source.kind() == std::io::ErrorKind::NotFound => {
                let here = path.parent().is_none_or(|folder| folder.as_os_str().is_empty());
                let place = if here { " in this folder" } else { "" };
                Self::error(format!("cannot find {}{place}", path.display()))
                    .hint("`xchange init` writes a roster to start from; --file names another.")
            }
            RosterError::Empty(_) => {
                Self::of(error).hint("`xchange init --file OTHER.toml` writes one to start from, every key explained.")
            }
            RosterError::NotUtf8 { .. } => Self::of(error)
                .hint("Save it as plain text in UTF-8; most editors ask for the encoding under \"Save as\"."),
            RosterError::NoExchange(_) => Self::of(error).hint(
                "Its exchanges are kept in its database: name one with --exchange; `xchange exchange list` lists them.",
            ),
            other => Self::of(other),
        }
    }
}

impl From<BackupFailure> for Failure {
    fn from(error: BackupFailure) -> Self {
        let hint = match error {
            BackupFailure::Inside(BackupError::Store(error)) => return error.into(),
            BackupFailure::Exists(_) => "Choose another name; a backup is never overwritten.",
            BackupFailure::Key(_) | BackupFailure::Seal(_) => {
                "`key_file` in [seal] has to be the key that the backup was sealed to."
            }
            BackupFailure::Inside(BackupError::NotEmpty { .. }) => {
                "Move the database away first, or name another one under [store]."
            }
            BackupFailure::Inside(BackupError::OtherSchema { .. }) => {
                "Bring it back with the version that made it; the database is then brought up to date by itself."
            }
            BackupFailure::Archive(_) => {
                "Bring the archive back. Where it is lost for good, --reason TEXT goes on without it: what was drawn or opened \
                 since the backup is forgotten then, and the log says so."
            }
            _ => return Self::of(error),
        };
        Self::of(error).hint(hint)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let hint = match &error {
            StoreError::Open { .. } => Some("Check that the folder exists and is yours to write to."),
            StoreError::Connect { .. } => Some(
                "Check `url` under [store] and XCHANGE_DATABASE_PASSWORD; the user and the database have to be there.",
            ),
            StoreError::Away { .. } => Some("Start PostgreSQL, and check the network and `url` under [store]."),
            StoreError::Unknown(_) => Some("`xchange status` shows it if it did; then run this again if it did not."),
            StoreError::Newer { .. } => Some("Install the xchange that wrote it, or a later one."),
            StoreError::NotADatabase { .. } => {
                Some("Move it aside; `xchange restore` builds the database anew from the archive.")
            }
            StoreError::Busy => Some("Wait for the other xchange to finish, then try again."),
            StoreError::Damaged { .. } => {
                Some("`xchange verify` says what differs; `xchange restore` builds a fresh database.")
            }
            StoreError::Key(_) => Some("`xchange doctor` says what is wrong with the key file; nothing has changed."),
            StoreError::Statement(_) | StoreError::Abandoned(_) => None,
        };
        Self::of(error).maybe_hint(hint)
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        let hint = match &error {
            KeyError::Missing { .. } => {
                Some("Put your copy of the key file there; the first draw of a series makes one.")
            }
            KeyError::NeedsPassphrase { .. } => Some("Set XCHANGE_PASSPHRASE, or run it at a terminal."),
            KeyError::WrongPassphrase { .. } => Some("Type it again, exactly as when the key was made."),
            KeyError::Damaged { .. } | KeyError::NotAnIdentity { .. } | KeyError::NoIdentity { .. } => {
                Some("Bring your copy of the key file back.")
            }
            _ => None,
        };
        Self::of(error).maybe_hint(hint)
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        let hint = archive_hint(&error);
        Self::of(error).maybe_hint(hint)
    }
}

fn archive_hint(error: &ArchiveError) -> Option<&'static str> {
    match error {
        ArchiveError::NoFolder { .. } => {
            Some("Bring the disk or stick back that it is on; to begin another archive, make the folder yourself.")
        }
        ArchiveError::NoBucket { .. } => Some("Make the bucket first, or mend `bucket` under [archive]."),
        ArchiveError::Denied { .. } => Some("The credentials need GetObject, PutObject and ListBucket on this bucket."),
        ArchiveError::NoCredentials => Some("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."),
        ArchiveError::NoRegion => Some("Set `region` under [archive], or AWS_REGION."),
        ArchiveError::Unreachable { .. } | ArchiveError::Slow | ArchiveError::Busy { .. } => {
            Some("Check the network and `endpoint` under [archive], then try again.")
        }
        _ => None,
    }
}

impl From<DrawError> for Failure {
    fn from(error: DrawError) -> Self {
        match error {
            DrawError::AlreadyDrawn { exchange, number, asked, archive } => {
                already_drawn(&exchange, number, &asked, &archive)
            }
            DrawError::TooFew { .. } => Self::no(format!("{error}.")),
            DrawError::NothingToRedraw { .. } => Self::no(error.to_string()).hint("Draw it without --redraw."),
            DrawError::Impossible { why } => Self::no(format!("No draw can follow these rules.\n{}", why.join("\n"))),
            DrawError::History => Self::no("History leaves no draw.")
                .hint("Lower avoid_repeats or take repeats = \"avoid\" under [rules]. That it was tried is in the log of openings."),
            DrawError::Unrecorded(_) => Self::of(error).hint("Run it again when the archive answers."),
            DrawError::NotFound { .. } => Self::no(format!("{error}."))
                .hint("Loosen the rules a little: drop an exclusion, or allow mutual pairs or several circles."),
            DrawError::ArchiveAhead { .. } => Self::no(format!("{error}."))
                .hint("`xchange restore` brings the archive's draws into a fresh database; then draw again."),
            DrawError::OtherSeries { ref found, .. } => Self::no(format!("{error}.")).hint(format!(
                "If it is the same series, set series = {found:?} under [exchange]; if not, give this one a name that differs in more."
            )),
            DrawError::HistoryClosed(HistoryClosed { source: NotTheDraw::Closed(_), .. }) => Self::of(error)
                .hint("Put the key that sealed it into the key file as well."),
            DrawError::HistoryClosed(_) => Self::of(error)
                .hint("Nothing is drawn from it. `xchange verify` says what differs; `xchange restore` builds a fresh database."),
            DrawError::UpdateWaits => Self::no(format!("{error}.")).hint("`xchange update` sees it through; then draw again."),
            DrawError::Raced => Self::no(format!("{error}; that draw stands.")).hint("`xchange status` shows it."),
            DrawError::Key(error) => error.into(),
            DrawError::Store(error) => error.into(),
            DrawError::Archive(error) => error.into(),
            other => Self::of(other),
        }
    }
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::NotDrawn { .. } => Self::no(format!("{error}.")).hint("`xchange draw` draws it."),
            UpdateError::NotReady { .. } => Self::no(format!("{error}."))
                .hint("Mend [archive] or the network; `xchange serve` and `xchange draw` try again."),
            UpdateError::Waits(_) => Self::of(error).hint("Mend [archive] or the network, and run it again."),
            UpdateError::Raced { .. } => Self::no(format!("{error}.")).hint("Run `xchange update` again."),
            UpdateError::Draw(error) => error.into(),
            UpdateError::Store(error) => error.into(),
            other => Self::of(other),
        }
    }
}

fn already_drawn(exchange: &str, number: u32, asked: &[String], archive: &Copy) -> Failure {
    let who = match asked {
        [] => "Nobody has asked yet.".to_owned(),
        [one] => format!("{one} has asked already."),
        several => format!("{} people have asked already: {}.", several.len(), several.join(", ")),
    };
    let copy = match archive.state {
        ArchiveState::Confirmed => String::new(),
        state => format!(
            " Its archive copy is {}: {}.",
            state.word(),
            archive.problem.as_deref().unwrap_or("not written yet")
        ),
    };
    let failure = Failure::no(format!("{exchange} has been drawn already (draw {number}). {who}{copy}"));
    let failure = match archive.state {
        ArchiveState::Confirmed => failure,
        ArchiveState::Pending => {
            failure.hint("Mend [archive] or the network; `xchange serve` and `xchange draw` try again.")
        }
        ArchiveState::Occupied => failure.hint("Nothing is overwritten; draw again, or move what stands there aside."),
    };
    failure.hint("To draw again, give --redraw and --reason; those who have asked are told.")
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::NoDraw => Self::no("There is no such draw to open.").hint("`xchange history` lists the draws."),
            AuditError::Unknown(error) => error.into(),
            AuditError::BrokenLog { .. } => {
                Self::of(error).hint("Nothing is opened on a broken log. `xchange verify` says what differs.")
            }
            AuditError::Disagree(ref gap) => Self::error(error.to_string()).hint(sentence(gap.remedy())),
            AuditError::Copy(_) => {
                Self::of(error).hint("Run it again when the archive answers; each attempt is logged.")
            }
            AuditError::Key(error) => error.into(),
            AuditError::Archive(ref cause) => {
                let hint = archive_hint(cause);
                Self::of(error).maybe_hint(hint)
            }
            other => Self::of(other),
        }
    }
}

impl From<LostError> for Failure {
    fn from(error: LostError) -> Self {
        match error {
            LostError::NotMailed { ref keyword, .. } => {
                let hint = format!("They text {keyword} to the number, as often as they like.");
                Self::no(format!("{error}.")).hint(hint)
            }
            LostError::NoDraw => Self::no(format!("{error}.")),
            LostError::Unknown(error) => error.into(),
            LostError::Store(error) => error.into(),
        }
    }
}

impl From<UnknownPerson> for Failure {
    fn from(error: UnknownPerson) -> Self {
        let hint = match error.near.as_slice() {
            [] => "`xchange status` lists everybody.".to_owned(),
            near => format!("Did you mean {}?", near.join(" or ")),
        };
        Self::error(error.to_string()).hint(hint)
    }
}

impl From<RerunError> for Failure {
    fn from(error: RerunError) -> Self {
        match error {
            RerunError::Audit(error) => error.into(),
            RerunError::History(error) => DrawError::from(error).into(),
        }
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::NotFresh { .. } => Self::no(format!("{error}; nothing was changed."))
                .hint("Restore into a fresh database: move this one aside, or name another under [store]."),
            RestoreError::NothingThere { .. } => {
                Self::no(format!("{error}.")).hint("Check `series` and [archive] in the roster.")
            }
            RestoreError::Missing { .. } => Self::of(error).hint(
                "Nothing was restored: what is left may be a draw that was replaced. Bring the file back from another copy of the archive \
                 (a bucket may keep earlier versions).",
            ),
            RestoreError::OtherSeries { .. } => Self::of(error).hint(sentence(RENAME)),
            RestoreError::Key(error) => error.into(),
            RestoreError::Store(error) => error.into(),
            RestoreError::Archive(error) => error.into(),
            other => Self::of(other),
        }
    }
}

impl From<PutBackError> for Failure {
    fn from(error: PutBackError) -> Self {
        match error {
            PutBackError::Unsound(_) => Self::of(error).hint(sentence(RESTORE)),
            PutBackError::Archive(error) => error.into(),
            PutBackError::Store(error) => error.into(),
        }
    }
}

impl From<TwilioError> for Failure {
    fn from(error: TwilioError) -> Self {
        let hint = match &error {
            TwilioError::AccountSid => Some("Copy the Account SID from the Twilio console into TWILIO_ACCOUNT_SID."),
            TwilioError::NoOrigin => Some("Set `from` or `messaging_service_sid` under [twilio]."),
            TwilioError::Unreachable(_) => Some("Check the network, then try again."),
            _ => None,
        };
        Self::of(error).maybe_hint(hint)
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Unknown(_) => Self::error(error.to_string()).hint("`xchange outbox` lists the messages."),
            ChangeError::Store(error) => error.into(),
            _ => Self::no(error.to_string()),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            AccountError::Taken => Self::no(sentence(&error.to_string()))
                .hint("`xchange account link` prints a new link, such as for a forgotten password."),
            AccountError::Unknown => Self::error(error.to_string()).hint("`xchange account list` names them."),
            AccountError::NotAnEmail => Self::error(error.to_string())
                .hint("Give the whole address that they sign in with, as in ada@example.org."),
            AccountError::NoToken => {
                Self::error(error.to_string()).hint("`xchange token list` names them; --account says whose it is.")
            }
            AccountError::TokenTaken => {
                Self::no(sentence(&error.to_string())).hint("Take another name, or revoke that one first.")
            }
            other => Self::error(other.to_string()),
        }
    }
}

/// What has ngrok pass texts on, and keep none of their answers.
const NGROK: &str = "ngrok http --inspect=false 5050";

impl From<NgrokError> for Failure {
    fn from(error: NgrokError) -> Self {
        Self::of(error).hint(format!("Start it with `{NGROK}` (the listener's port), or give --public-url."))
    }
}

impl From<NumberError> for Failure {
    fn from(error: NumberError) -> Self {
        Self::of(error).hint("Check `from` under [twilio], TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")
    }
}

impl From<SmtpError> for Failure {
    fn from(error: SmtpError) -> Self {
        Self::of(error).hint("Check [smtp] in the roster, and SMTP_PASSWORD (or SMTP_PASSWORD_FILE).")
    }
}

impl From<NoSender> for Failure {
    fn from(error: NoSender) -> Self {
        match error {
            NoSender::Twilio(error) => error.into(),
            NoSender::Smtp(error) => error.into(),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Key(error) => error.into(),
            StartError::Store(error) => error.into(),
            StartError::Replaced(ref gap) => {
                Self::no(format!("{error}. Nothing is sent.")).hint(sentence(gap.remedy()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NGROK;

    #[test]
    fn ngrok_is_started_as_the_readme_says() {
        for page in [include_str!("../../../README.md"), include_str!("../../../docs/running.md")] {
            assert!(page.contains(NGROK));
        }
    }
}
