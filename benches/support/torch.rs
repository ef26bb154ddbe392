//! PyTorch beside Ritmo, where it is there.

use std::process::{Command, Stdio};

/// What PyTorch does, told by each of so many processes of one thread that run at the same time; with the name of a network
/// they time only its inference. Empty where PyTorch is not there.
pub fn pytorch(processes: usize, only: Option<&str>) -> Vec<serde_json::Value> {
    let python = std::env::var("RITMO_TORCH_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer_pytorch.py");
    let start = || {
        let mut command = Command::new(&python);
        command.arg(script).args(only).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    };
    let running: Vec<_> = (0..processes).filter_map(|_| start().ok()).collect();
    let outputs = running.into_iter().filter_map(|child| child.wait_with_output().ok());
    let told: Vec<_> = outputs.filter_map(|output| serde_json::from_slice(&output.stdout).ok()).collect();
    if told.len() < processes {
        println!(
            "PyTorch is not there for {python}: set RITMO_TORCH_PYTHON to a Python that can import torch"
        );
        return Vec::new();
    }
    told
}
