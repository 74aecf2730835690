//! What both back ends must do alike.

mod children;
mod deliveries;
mod doubts;
mod families;
mod gate;
mod loading;
mod running;
