//! Pages and spreadsheets for people.
