//! The tables of the directory: institutions, the types of users beyond their accounts, groups of children.

mod applications;
mod children;
mod families;
mod groups;
mod institutions;
mod professionals;
