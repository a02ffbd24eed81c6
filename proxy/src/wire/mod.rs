//! The PostgreSQL protocol without sockets: frames, startup packets, SCRAM, errors.
//!
//! Sans-I/O: bytes in, values out. Never knows a session, never decides what a client may do.
