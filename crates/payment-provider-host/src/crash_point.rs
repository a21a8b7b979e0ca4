//! `crash_point!("checkout.3-stored")`: a place at which a test may end the process. With the feature
//! `failpoints` the name has to be in `crash_points::ALL`; without it the place compiles to nothing.

#[cfg(feature = "failpoints")]
macro_rules! crash_point {
    ($name:literal) => {{
        const { assert!($crate::crash_points::is_listed($name), "not listed") };
        $crate::crash_points::pass($name);
    }};
}
#[cfg(not(feature = "failpoints"))]
macro_rules! crash_point {
    ($name:literal) => {{}};
}
