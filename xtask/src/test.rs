//! `cargo xtask test`
use anyhow::Result;
#[derive(clap::Args)]
pub struct Arguments {
    #[arg(long)]
    require_all: bool,
}
pub fn run(_: &Arguments) -> Result<()> {
    Ok(())
}
