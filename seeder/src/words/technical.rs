//! Words of machines: media types, user agents, states, programs and places on a disk.

/// Media types with the extension of their files (IANA media types).
#[rustfmt::skip]
pub const MEDIA_TYPES: &[(&str, &str)] = &[("application/pdf", "pdf"), ("image/png", "png"), ("image/jpeg", "jpg"), ("image/gif", "gif"), ("image/svg+xml", "svg"), ("image/webp", "webp"), ("text/plain", "txt"), ("text/csv", "csv"), ("text/html", "html"), ("text/markdown", "md"), ("application/json", "json"), ("application/xml", "xml"), ("application/zip", "zip"), ("application/gzip", "gz"), ("audio/mpeg", "mp3"), ("audio/ogg", "ogg"), ("video/mp4", "mp4"), ("video/webm", "webm"), ("application/msword", "doc"), ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"), ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"), ("application/octet-stream", "bin")];

/// User agents of browsers and programs.
#[rustfmt::skip]
pub const USER_AGENTS: &[&str] = &["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "curl/8.8.0", "python-requests/2.32.3", "okhttp/4.12.0", "PostmanRuntime/7.39.0"];

/// States of an order.
pub const ORDER_STATES: &[&str] = &[
    "completed",
    "shipped",
    "paid",
    "pending",
    "processing",
    "cancelled",
    "refunded",
    "on_hold",
];

/// States of an account.
pub const ACCOUNT_STATES: &[&str] = &["active", "inactive", "invited", "suspended", "deleted"];

/// States of a payment.
pub const PAYMENT_STATES: &[&str] = &[
    "succeeded",
    "pending",
    "failed",
    "refunded",
    "authorized",
    "disputed",
];

/// States of a ticket or task.
pub const TASK_STATES: &[&str] = &[
    "open",
    "in_progress",
    "done",
    "blocked",
    "in_review",
    "closed",
    "backlog",
];

/// States of something published.
pub const PUBLISHING_STATES: &[&str] =
    &["published", "draft", "archived", "scheduled", "in_review"];

/// States of a job that a machine does.
pub const JOB_STATES: &[&str] = &[
    "completed",
    "queued",
    "running",
    "failed",
    "cancelled",
    "retrying",
];

/// Urgencies.
pub const PRIORITIES: &[&str] = &["medium", "low", "high", "urgent"];

/// Roles of users.
pub const ROLES: &[&str] = &[
    "member",
    "admin",
    "editor",
    "viewer",
    "owner",
    "guest",
    "moderator",
    "billing",
];

/// Plans of a subscription.
pub const PLANS: &[&str] = &["free", "starter", "pro", "team", "business", "enterprise"];

/// Ways to pay.
pub const PAYMENT_METHODS: &[&str] = &[
    "card",
    "bank_transfer",
    "invoice",
    "direct_debit",
    "wallet",
    "cash",
    "voucher",
];

/// Ways of delivery.
pub const SHIPPING_METHODS: &[&str] = &["standard", "express", "pickup", "overnight", "economy"];

/// Genders as forms offer them.
pub const GENDERS: &[&str] = &["female", "male", "non_binary", "undisclosed"];

/// Environments of software.
pub const ENVIRONMENTS: &[&str] = &["production", "staging", "development", "test"];

/// Severities of log lines.
pub const LOG_LEVELS: &[&str] = &["info", "warning", "error", "debug", "critical"];

/// Methods of HTTP requests (RFC 9110).
pub const HTTP_METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"];

/// Things that happen to a record.
pub const ACTIONS: &[&str] = &[
    "created",
    "updated",
    "viewed",
    "deleted",
    "exported",
    "restored",
    "approved",
    "rejected",
    "signed_in",
    "signed_out",
];

/// Platforms that an application runs on.
pub const PLATFORMS: &[&str] = &["web", "ios", "android", "windows", "macos", "linux"];

/// Where a visit or an order came from.
pub const CHANNELS: &[&str] = &[
    "organic",
    "direct",
    "referral",
    "email",
    "social",
    "paid_search",
    "partner",
    "phone",
];

/// Kinds of address.
pub const ADDRESS_KINDS: &[&str] = &["billing", "shipping", "home", "work", "other"];

/// Kinds that a column named `type` or `kind` may hold when nothing more is known.
pub const KINDS: &[&str] = &[
    "standard", "basic", "custom", "internal", "external", "premium", "trial",
];

/// Periods of billing.
pub const PERIODS: &[&str] = &["monthly", "yearly", "quarterly", "weekly", "daily"];

/// Rights that a role may hold.
pub const PERMISSIONS: &[&str] = &[
    "read",
    "write",
    "delete",
    "invite",
    "export",
    "import",
    "approve",
    "publish",
    "configure",
    "audit",
];

/// What grants of an access token cover.
pub const SCOPES: &[&str] = &[
    "read:user",
    "write:user",
    "read:orders",
    "write:orders",
    "read:reports",
    "admin:billing",
    "offline_access",
    "openid",
    "profile",
    "email",
];

/// Folders of a path.
pub const FOLDERS: &[&str] = &[
    "archive",
    "assets",
    "backup",
    "data",
    "documents",
    "exports",
    "images",
    "imports",
    "invoices",
    "logs",
    "media",
    "public",
    "reports",
    "shared",
    "templates",
    "uploads",
];

/// Names of machines.
pub const MACHINES: &[&str] = &[
    "api", "app", "auth", "backup", "batch", "build", "cache", "db", "edge", "gateway", "mail",
    "metrics", "proxy", "queue", "search", "storage", "web", "worker",
];

/// Weekdays.
pub const WEEKDAYS: &[&str] = &[
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Marital states as forms offer them.
pub const MARITAL_STATES: &[&str] = &["single", "married", "divorced", "widowed", "partnership"];

/// Blood groups.
pub const BLOOD_GROUPS: &[&str] = &["O+", "A+", "B+", "AB+", "O-", "A-", "B-", "AB-"];

/// Who may see something.
pub const VISIBILITIES: &[&str] = &["public", "private", "unlisted", "team"];
