//! The command line: arguments in, tables or JSON out, one file per command.
//!
//! Never does the work itself: `up` and `demo` start the daemon, everything else asks it through
//! the control socket or looks at files. Exit code 0 is done, 1 refused or failed, 2 wrong usage or
//! configuration.
#![allow(clippy::print_stdout, clippy::print_stderr)] // talking to the terminal is its purpose

mod args;
mod client;
mod demo;
mod failure;
mod local;
mod mask;
mod output;
mod remote;
mod seed;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Arguments, Command};
use failure::Failure;
use output::Output;

/// Runs the program.
pub fn main() -> ExitCode {
    leave_no_core();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return not_understood(&error),
    };
    let output = Output::new(arguments.json);
    match run(arguments, &output) {
        Ok(code) => output.unsaid().unwrap_or(code),
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}

/// Sees to it that no crash writes memory onto a disk: rows of production pass through it, and keys lie
/// in it. What is started from here inherits both.
///
/// A limit of 0 bytes writes no file; a program that takes dumps instead is not bound by it and gets no
/// page of memory (Linux core(5), "Controlling which mappings are written to the core dump").
fn leave_no_core() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Core);
    limit.current = Some(0);
    // A process may always lower its own, and no system without the file has what it controls.
    setrlimit(Resource::Core, limit).ok();
    std::fs::write("/proc/self/coredump_filter", "0").ok();
}

/// Prints what clap says: help, the version, or what is wrong with the arguments.
fn not_understood(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if !error.use_stderr() || !wants_json {
        // Where nobody reads it, nobody wanted it.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    let text = error.render().to_string();
    let said = match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a command is missing".to_owned()
        }
        _ => {
            let first = text.split("\n\n").next().unwrap_or(&text);
            let words: Vec<&str> = first.split_whitespace().collect();
            words.join(" ").trim_start_matches("error: ").to_owned()
        }
    };
    let failure = Failure::usage(said).hint("`standin --help` shows commands and options");
    Output::new(true).failure(&failure);
    failure.exit_code()
}

fn run(arguments: Arguments, output: &Output) -> Result<ExitCode, Failure> {
    let config = &arguments.config;
    let done = match arguments.command {
        Command::Demo(demo) => demo::run(&demo, output),
        Command::Init(init) => local::init::run(config, &init, output),
        Command::Setup(setup) => local::setup::run(config, &setup, output),
        Command::Check => local::check::run(config, output),
        // Their answers are no failures and yet may exit with 1.
        Command::Doctor => return local::doctor::run(config, output),
        Command::Guard(guard) => return local::guard::run(&guard, output),
        Command::Mask(verb) => return mask::run(config, verb, output),
        Command::Seed(verb) => return seed::run(config, verb, output),
        Command::Up => local::up::run(config, output),
        Command::Psql(psql) => local::psql::run(config, &psql),
        Command::Status => asked(config, output, remote::status::run),
        Command::Reload => asked(config, output, remote::status::reload),
        Command::Down => asked(config, output, remote::status::down),
        Command::Environment(verb) => asked(config, output, async |client, output| {
            remote::environment::run(client, verb, output).await
        }),
        Command::Branch(verb) => asked(config, output, async |client, output| {
            remote::branch::run(client, verb, output).await
        }),
        Command::Snapshot(verb) => asked(config, output, async |client, output| {
            remote::snapshot::run(client, verb, output).await
        }),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Runs a command that asks the daemon.
fn asked(
    config: &std::path::Path,
    output: &Output,
    command: impl AsyncFnOnce(&client::Client, &Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let client = client::Client::of(config)?;
    runtime()?.block_on(command(&client, output))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    built.map_err(|error| Failure::failed(format!("start the runtime: {error}")))
}
