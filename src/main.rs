//! The command `sluis`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: sluis::allocator::Allocator = sluis::allocator::Allocator;

fn main() -> ExitCode {
    sluis::cli::main()
}
