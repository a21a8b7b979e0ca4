//! `crash_point!("checkout.3-stored")`: a place at which a test may end the process. The feature
//! `failpoints` makes it one of `crash_points::ALL`; without it there is nothing at the place.

#[cfg(feature = "failpoints")]
macro_rules! crash_point {
    ($name:literal) => {{
        const { assert!($crate::crash_points::is_listed($name), "not listed") };
        $crate::crash_points::pass($name);
    }};
}
#[cfg(not(feature = "failpoints"))]
macro_rules! crash_point {
    ($name:literal) => {};
}
