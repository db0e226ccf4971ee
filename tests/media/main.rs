//! Tests of room `media` from outside: the real files of the corpus, media built from bytes, damage of every kind.

#![recursion_limit = "256"] // `json!` of the 60 columns of a header.

#[path = "../support/skip.rs"]
mod skip;

mod built;
mod columns;
mod corpus;
mod corpus_headers;
mod corpus_stripes;
mod corpus_verify;
mod findings;
mod flips;
mod sandbox;
mod sources;
mod truncation;
mod writer;
