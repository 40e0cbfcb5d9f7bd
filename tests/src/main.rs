//! The program under test: the same as `bookplate`, built by this package so that its tests can start it.

fn main() -> std::process::ExitCode {
    bookplate::cli::main()
}
