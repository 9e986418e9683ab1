//! The service's tests, as one program. They speak HTTP to the service in process, one client per role.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that fails should say where, and stop there")]
#![expect(unreachable_pub, reason = "a test program has no public parts")]

mod audit;
mod support;

mod applications;
mod binary;
mod bodies;
mod children;
mod commands;
mod compression;
mod concurrency;
mod connections;
mod console;
mod cors;
mod crowds;
mod demo;
mod document;
mod domains;
mod durability;
mod educators;
mod errors;
mod examples;
mod families;
mod faults;
mod fitbit;
mod fuzz;
mod grid;
mod groups;
mod hints;
mod institutions;
mod keys;
mod layers;
mod leaving;
mod limits;
mod login;
mod names;
mod noise;
mod operations;
mod parts;
mod providers;
mod queries;
mod queries_property;
mod readme;
mod revocations;
mod rosters;
mod scale;
mod scans;
mod service;
mod siege;
mod stand_ins;
mod stateful;
mod store;
mod tags;
mod timing;
mod tls;
mod tokens;
mod tracking;
mod trail;
mod upgrade;
mod users;
mod wearables;
