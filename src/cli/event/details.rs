//! What of an event can be typed.

use crate::app::event::Typed;

#[derive(Debug, clap::Args)]
pub(super) struct Details {
    /// What it is, for the invitation
    #[arg(long)]
    description: Option<String>,
    /// Where
    #[arg(long)]
    place: Option<String>,
    /// When it begins, in its time zone
    #[arg(long, value_name = "TIME")]
    starts_at: Option<String>,
    /// Its time zone; the site's, unless given
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// How many seats there are
    #[arg(long, value_name = "NUMBER")]
    seats: Option<String>,
    /// How many invitations are open at a time; usually 3
    #[arg(long, value_name = "NUMBER")]
    at_once: Option<String>,
    /// How long an invitation stays open; usually 24h
    #[arg(long, value_name = "LENGTH")]
    lapse: Option<String>,
    /// From when on nobody new is asked; usually the beginning
    #[arg(long, value_name = "TIME")]
    cut_off: Option<String>,
    /// How many more seats may be offered than there are; usually none
    #[arg(long, value_name = "NUMBER")]
    overbook: Option<String>,
    /// For how many an invitation is, at most; usually 1
    #[arg(long, value_name = "NUMBER")]
    size: Option<String>,
    /// Only contacts with one of these, with commas between them
    #[arg(long)]
    tags: Option<String>,
    /// Invite this contact before all others; may be given again and again
    #[arg(long, value_name = "CONTACT")]
    pub(super) first: Vec<String>,
    /// Say a text differently, as in help="Please text YES or NO"; may be given again and again
    #[arg(long, value_name = "NAME=TEXT", value_parser = message)]
    pub(super) message: Vec<(String, String)>,
}

fn message(text: &str) -> Result<(String, String), String> {
    let (name, text) =
        text.split_once('=').ok_or("write it as NAME=TEXT; `xchange messages --event NAME` lists the names")?;
    Ok((name.trim().to_owned(), text.trim().to_owned()))
}

impl Details {
    /// Puts what is given into the place of what is there.
    pub(super) fn put_into(&self, typed: &mut Typed) {
        for (given, place) in [
            (&self.description, &mut typed.description),
            (&self.place, &mut typed.place),
            (&self.starts_at, &mut typed.starts_at),
            (&self.timezone, &mut typed.timezone),
            (&self.seats, &mut typed.seats),
            (&self.at_once, &mut typed.at_once),
            (&self.lapse, &mut typed.lapse),
            (&self.cut_off, &mut typed.cut_off),
            (&self.overbook, &mut typed.overbook),
            (&self.size, &mut typed.size),
            (&self.tags, &mut typed.tags),
        ] {
            if let Some(given) = given {
                place.clone_from(given);
            }
        }
    }
}
