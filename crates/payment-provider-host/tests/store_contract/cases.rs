/// Declares a test of every case on every database, and one that prints how many there are.
macro_rules! cases {
    ($($topic:ident :: $case:ident,)+) => {
        const CASES: &[&str] = &[$(concat!(stringify!($topic), "::", stringify!($case))),+];

        #[cfg(feature = "sqlite")]
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                super::$topic::$case(super::World::sqlite().await).await;
            })+
        }

        #[cfg(feature = "postgres")]
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                super::$topic::$case(super::World::postgres().await).await;
            })+
        }

        #[test]
        fn number_of_cases() {
            let mut names = CASES.to_vec();
            names.dedup();
            assert_eq!(names.len(), CASES.len());
            for (store, is_there) in [
                ("SQLite", cfg!(feature = "sqlite")),
                ("PostgreSQL", cfg!(feature = "postgres")),
            ] {
                let count = if is_there { CASES.len() } else { 0 };
                println!("store contract: {count} cases on {store}");
            }
        }
    };
}
