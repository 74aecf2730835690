//! What both back ends must do alike.

mod children;
mod deliveries;
mod loading;
mod running;
