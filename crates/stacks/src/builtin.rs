//! The two stacks that every SST or CDK deployment needs beside its own: the CDK bootstrap stack and the SST debug stack.
//!
//! Both go the same way as a user's input. The bootstrap template is that of the CDK command line, reduced to its facts by
//! `cargo xtask catalog`; the debug stack is written down from what its published package deploys.

use stackpass_ground::source::Source;

use crate::deployment::Input;

/// The name that the CDK command line gives the bootstrap stack.
pub const BOOTSTRAP_STACK_NAME: &str = "CDKToolkit";

/// The bootstrap stack of the CDK command line, as a template.
pub fn bootstrap() -> Input {
    Input::Template(Source::new(
        "bootstrap-template.yaml",
        include_str!("../data/bootstrap-template.yaml"),
    ))
}

/// The debug stack that `sst start` deploys, as the assembly that SST gives the CDK.
pub fn debug_stack(stack_name: &str, stage: &str) -> Input {
    let fill = |text: &str| text.replace("@NAME@", stack_name).replace("@STAGE@", stage);
    let manifest = fill(include_str!("../data/debug-stack/manifest.json"));
    let template = fill(include_str!("../data/debug-stack/template.yaml"));
    Input::Assembly {
        files: Box::new(move |path| match path {
            "manifest.json" => Some(Source::new("debug-stack/manifest.json", manifest.clone())),
            "template.yaml" => Some(Source::new("debug-stack/template.yaml", template.clone())),
            _ => None,
        }),
    }
}
