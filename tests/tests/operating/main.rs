//! What an operator meets: settings, bad input, logs, metrics, doctor, containers, and whether the manual says so.
#![cfg(unix)]

mod bad_input;
mod containers;
mod doctor;
mod logs;
mod manual;
mod metrics;
mod support;
