//! What is printed, and what is asked.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    process::ExitCode,
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use serde::Serialize;

use super::Globals;
use crate::{
    check::lint::Level,
    diff::Question,
    error::{Error, Result},
    project::generate::{Answer, Ask, sentence},
    runtime::upgrade::{Confirm, Event, Report},
};

/// Whether the JSON of the answer is printed already.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// How often it is said how far something is.
const REPEAT: Duration = Duration::from_secs(2);

/// Where answers go.
#[derive(Clone)]
pub struct Console {
    json: bool,
    quiet: bool,
    verbose: bool,
    asks: bool,
}

impl Console {
    pub fn new(globals: &Globals) -> Self {
        Self {
            json: globals.json,
            quiet: globals.quiet,
            verbose: globals.verbose,
            asks: !globals.no_input
                && !globals.json
                && io::stdin().is_terminal()
                && io::stderr().is_terminal(),
        }
    }

    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// A line that was asked for.
    pub fn say(&self, line: &str) -> Result<()> {
        if self.json {
            return Ok(());
        }
        print(line)
    }

    /// The answer as JSON.
    pub fn json(&self, value: &impl Serialize) -> Result<()> {
        if !self.json {
            return Ok(());
        }
        ANSWERED.store(true, Ordering::Relaxed);
        let text = serde_json::to_string_pretty(value);
        print(&text.map_err(|error| Error::Stopped(format!("no JSON can be made of it: {error}")))?)
    }

    /// A line for those who watch.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            eprintln(line);
        }
    }

    /// Prints the events of an upgrade.
    pub fn report(&self) -> Report {
        let console = self.clone();
        Arc::new(move |event: &Event| match event {
            Event::Waiting(holder) => {
                console.note(&format!("waiting for {holder}, which changes the schema"))
            }
            Event::BackedUp(path) => console.note(&format!(
                "the database before this change was copied to `{}`",
                path.display()
            )),
            Event::Begun { .. } => {}
            Event::Statement(sql) if console.verbose => console.note(&format!("    {sql}")),
            Event::Statement(_) => {}
            Event::Retrying { revision, attempts } => {
                console.note(&format!(
                    "`{revision}` did not get its locks (attempt {attempts}), trying again"
                ));
            }
            Event::Done { revision, direction, duration } => {
                let done = match direction {
                    crate::runtime::upgrade::Direction::Up => "applied",
                    crate::runtime::upgrade::Direction::Down => "reverted",
                };
                console.note(&format!("{done} {revision} in {} ms", duration.as_millis()));
            }
            Event::Filled { revision, table, changed, done } if *done || console.may_repeat() => {
                let rows = crate::operation::describe::counted(changed, "row");
                console.note(&format!("{rows} of `{table}` changed so far, for {revision}"));
            }
            Event::Filled { .. } => {}
            Event::Seeded { seed, duration } => {
                console.note(&format!("seeded {seed} in {} ms", duration.as_millis()));
            }
            Event::Warning(warning) => eprintln(&format!("warning: {warning}")),
        })
    }

    /// Whether it is time to say again how far something is.
    fn may_repeat(&self) -> bool {
        static LAST: Mutex<Option<Instant>> = Mutex::new(None);
        let Ok(mut last) = LAST.lock() else { return false };
        let is_time = self.verbose || last.is_none_or(|last| last.elapsed() > REPEAT);
        if is_time {
            *last = Some(Instant::now());
        }
        is_time
    }

    /// Asks before something is lost; `None` without a terminal.
    pub fn confirm(&self) -> Option<Confirm> {
        self.asks.then(|| -> Confirm { Arc::new(|question: &str| yes(question)) })
    }

    /// Asks what the comparison cannot know; `None` without a terminal.
    pub fn ask(&self) -> Option<Ask> {
        if !self.asks {
            return None;
        }
        Some(Arc::new(answer))
    }
}

fn yes(question: &str) -> bool {
    matches!(line(&format!("{question} [y/N] ")).as_deref(), Some("y" | "Y" | "yes" | "Yes"))
}

fn answer(question: &Question) -> Answer {
    let names: Vec<String> = match question {
        Question::RenamedTable { candidates, .. } => {
            candidates.iter().map(|(name, _)| name.to_string()).collect()
        }
        Question::RenamedColumn { candidates, .. } => {
            candidates.iter().map(|(name, _)| name.clone()).collect()
        }
        Question::Value { .. } => {
            let asked = format!(
                "{}\n  a value in SQL, such as 0 or 'none' (empty stops): ",
                sentence(question)
            );
            return line(&asked)
                .filter(|value| !value.is_empty())
                .map_or(Answer::Stop, Answer::Value);
        }
        Question::RewrittenKey { .. } => {
            let asked = format!("{}\nIt only works on an empty table. Go on?", sentence(question));
            return if yes(&asked) { Answer::Yes } else { Answer::Stop };
        }
    };
    let mut asked = sentence(question);
    for (number, name) in names.iter().enumerate() {
        asked.push_str(&format!("\n  {}  yes, from `{name}`", number + 1));
    }
    asked.push_str("\n  0  no, it is new\n  number (empty stops): ");
    loop {
        let Some(given) = line(&asked) else { return Answer::Stop };
        match given.parse::<usize>() {
            Ok(0) => return Answer::New,
            Ok(number) => {
                if let Some(name) = names.get(number - 1) {
                    return Answer::Renamed(name.clone());
                }
            }
            Err(_) if given.is_empty() => return Answer::Stop,
            Err(_) => {}
        }
    }
}

/// Whether a question waits for its answer.
static ASKING: AtomicBool = AtomicBool::new(false);

/// One line of the terminal; `None` at its end.
fn line(asked: &str) -> Option<String> {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(watch);
    ASKING.store(true, Ordering::SeqCst);
    let mut given = String::new();
    let mut error = io::stderr();
    let read = write!(error, "{asked}")
        .and_then(|()| error.flush())
        .and_then(|()| io::stdin().lock().read_line(&mut given));
    ASKING.store(false, Ordering::SeqCst);
    match read {
        Ok(0) | Err(_) => {
            // The shell's next line begins on a line of its own.
            eprintln("");
            None
        }
        Ok(_) => Some(given.trim().to_owned()),
    }
}

/// Lets Ctrl-C say at a question what happened, which is nothing: questions come before everything that changes something.
fn watch() {
    let (ready, registered) = mpsc::channel();
    std::thread::spawn(move || interrupted(&ready));
    // Not before Ctrl-C is heard. Where it cannot be, it ends the program without a word.
    registered.recv().ok();
}

fn interrupted(ready: &mpsc::Sender<()>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    let pressed = runtime.block_on(async {
        tokio::select! {
            biased;
            pressed = tokio::signal::ctrl_c() => pressed,
            never = async { ready.send(()).ok(); std::future::pending().await } => never,
        }
    });
    if pressed.is_err() {
        return;
    }
    if ASKING.load(Ordering::SeqCst) {
        eprintln("\nstopped at a question; nothing was changed");
        std::process::exit(3);
    }
    // What a shell says of a program that Ctrl-C ended; a transaction that is open is rolled back.
    std::process::exit(130);
}

/// Prints a line; a reader that went away ends the program without a word, as it does for other programs.
fn print(line: &str) -> Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        written => written.map_err(Error::file("cannot write to standard output")),
    }
}

pub fn eprintln(line: &str) {
    // Where standard error is closed, nothing is lost.
    drop(writeln!(io::stderr(), "{line}"));
}

/// Says what went wrong, and answers the exit code.
pub fn fail(error: &Error, globals: &Globals) -> ExitCode {
    let code = error.exit_code();
    let text = error.to_string();
    if globals.json {
        let body = serde_json::json!({ "error": text, "exit_code": code });
        // A verb that printed its findings ends with the code and nothing more.
        if !ANSWERED.load(Ordering::Relaxed) {
            drop(print(&body.to_string()));
        }
    }
    eprintln(&format!("error: {text}"));
    ExitCode::from(code)
}

/// What a level is called in output.
#[must_use]
pub fn word(level: Level) -> &'static str {
    match level {
        Level::Danger => "danger",
        Level::Warning => "warning",
        Level::Advice => "advice",
    }
}
