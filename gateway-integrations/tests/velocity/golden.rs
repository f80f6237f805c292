//! Against the outputs of Velocity 1.7.
