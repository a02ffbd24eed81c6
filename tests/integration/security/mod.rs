//! What nobody gets at who may not: names and places, secrets.

mod places;
mod secrets;
