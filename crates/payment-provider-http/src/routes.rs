/// Makes the enum of the calls that a provider makes: each variant with the ids that its path needs,
/// the method, and the template of the path.
///
/// ```
/// payment_provider_http::routes! {
///     /// The calls of this gateway's API.
///     pub enum Acme<'a> {
///         /// Makes a page to pay on.
///         CreatePage = POST "/pages",
///         /// Asks for one payment of a page.
///         FetchPayment(page_id, payment_id) = GET "/pages/{page_id}/payments/{payment_id}",
///     }
/// }
///
/// let route = payment_provider_http::Route::from(Acme::FetchPayment("p-1", "7"));
/// assert_eq!(route.method(), "GET");
/// assert_eq!(route.template(), "/pages/{page_id}/payments/{payment_id}");
/// ```
///
/// An API without ids is written without the lifetime: `pub enum Acme { List = GET "/pages" }`.
///
/// Each variant becomes a [`Route`](crate::Route), and a [`Request`](crate::Request) takes either. Ids are
/// given in the order of the placeholders, of which each is a whole part of the path; a template
/// that has others does not compile:
///
/// ```compile_fail
/// payment_provider_http::routes! {
///     enum Acme<'a> {
///         FetchPage(page_id) = GET "/pages/{id}",
///     }
/// }
/// ```
///
/// It is a macro since spans have to be named by literals: each attempt of a call is a span of the
/// name `"POST /pages"`, whose target is the module in which the enum stands.
#[macro_export]
macro_rules! routes {
    (
        $(#[$outer:meta])*
        $visibility:vis enum $name:ident<$life:lifetime> {
            $(
                $(#[$inner:meta])*
                $variant:ident $( ( $($id:ident),+ $(,)? ) )? = $method:ident $template:literal
            ),+ $(,)?
        }
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy)]
        $visibility enum $name<$life> {
            $( $(#[$inner])* $variant $( ( $( $crate::routes!(@text $life $id) ),+ ) )?, )+
        }

        impl<$life> ::core::convert::From<$name<$life>> for $crate::Route<$life> {
            fn from(route: $name<$life>) -> Self {
                $crate::routes!(@answered answered);
                match route {
                    $(
                        $name::$variant $( ( $($id),+ ) )? => {
                            $crate::routes!(@span span $method $template $( $($id)+ )?);
                            $crate::routes!(@route $method $template span answered $( $($id)+ )?)
                        }
                    )+
                }
            }
        }
    };
    (
        $(#[$outer:meta])*
        $visibility:vis enum $name:ident {
            $(
                $(#[$inner:meta])*
                $variant:ident = $method:ident $template:literal
            ),+ $(,)?
        }
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy)]
        $visibility enum $name {
            $( $(#[$inner])* $variant, )+
        }

        impl ::core::convert::From<$name> for $crate::Route<'static> {
            fn from(route: $name) -> Self {
                $crate::routes!(@answered answered);
                match route {
                    $(
                        $name::$variant => {
                            $crate::routes!(@span span $method $template);
                            $crate::routes!(@route $method $template span answered)
                        }
                    )+
                }
            }
        }
    };
    (@text $life:lifetime $id:ident) => { &$life str };
    (@route $method:ident $template:literal $span:ident $answered:ident $($id:ident)*) => {
        $crate::Route::__new(
            $crate::reexport::http::Method::$method,
            $template,
            ::std::vec![$($id),*],
            $span,
            $answered,
        )
    };
    (@span $span:ident $method:ident $template:literal $($id:ident)*) => {
        const _: () = ::core::assert!(
            $crate::__private::fits($template, &[$(::core::stringify!($id)),*]),
            "the placeholders of a path are the ids of its variant, in order",
        );

        fn $span(stated: &$crate::__private::SpanFields<'_>) -> $crate::__private::tracing::Span {
            use $crate::__private::tracing;
            tracing::info_span!(
                ::core::concat!(::core::stringify!($method), " ", $template),
                otel.kind = "client",
                otel.status_code = tracing::field::Empty,
                operation = stated.operation,
                http.request.method = stated.method,
                url.template = stated.template,
                server.address = stated.address,
                server.port = stated.port,
                http.request.resend_count = tracing::field::Empty,
                http.response.status_code = tracing::field::Empty,
                error.type = tracing::field::Empty,
            )
        }
    };
    (@answered $answered:ident) => {
        fn $answered(
            span: &$crate::__private::tracing::Span,
            error: ::core::option::Option<&'static str>,
        ) {
            use $crate::__private::tracing;
            match error {
                ::core::option::Option::None => tracing::debug!(parent: span, "answered"),
                ::core::option::Option::Some(kind) => {
                    tracing::debug!(parent: span, kind, "no success");
                }
            }
        }
    };
}
