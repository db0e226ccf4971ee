//! The built shared library, loaded as any program would load it.
//!
//! Tests and the demo go through this, so that what they prove is what PowerShell, .NET and C get.

mod built;

use std::ffi::{CStr, c_char, c_void};
use std::path::{Path, PathBuf};
use std::ptr;

use libloading::{Library as Loaded, Symbol};
use serde_json::Value;

type Start = unsafe extern "C" fn(*const c_void, *const c_char, usize, *mut *mut c_void, *mut *mut c_char) -> i32;
type New = unsafe extern "C" fn(*const c_char, usize, *const u8, usize, *mut *mut c_void, *mut *mut c_char) -> i32;
type Ask = unsafe extern "C" fn(*const c_void, *mut *mut c_char, *mut *mut c_char) -> i32;
type Status = unsafe extern "C" fn(*const c_void, u64, *mut *mut c_char, *mut *mut c_char) -> i32;
type Page = unsafe extern "C" fn(*const c_void, u32, *mut *mut c_char, *mut *mut c_char) -> i32;
type Wait = unsafe extern "C" fn(*const c_void, u32, *mut i32) -> i32;
type Free = unsafe extern "C" fn(*mut c_void);

/// The library.
pub struct Library {
    loaded: Loaded,
    path: PathBuf,
}

/// A server handle; freed when dropped.
pub struct Server<'l> {
    library: &'l Library,
    handle: *mut c_void,
}

/// A job handle; freed when dropped.
pub struct Job<'l> {
    library: &'l Library,
    handle: *mut c_void,
}

/// What a job ended with: its result, or its error.
pub type End = Result<Value, Value>;

impl Library {
    /// Loads the library that was built together with this program.
    pub fn load() -> Library {
        let path = built::library();
        // SAFETY: the library has no initialisers that could misbehave.
        let loaded = unsafe { Loaded::new(&path) }.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Library { loaded, path }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn symbol<T>(&self, name: &str) -> Symbol<'_, T> {
        // SAFETY: the types above are those of include/pgbackup.h.
        unsafe { self.loaded.get(name.as_bytes()) }.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Makes a server handle.
    pub fn server(&self, options: &Value, secret: &str) -> Result<Server<'_>, Value> {
        let (text, mut handle, mut error) = (options.to_string(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: lengths fit their pointers; an empty secret is none.
        let status = unsafe {
            let secret_at = if secret.is_empty() { ptr::null() } else { secret.as_ptr() };
            self.symbol::<New>("pgb_server_new")(
                text.as_ptr().cast(),
                text.len(),
                secret_at,
                secret.len(),
                &mut handle,
                &mut error,
            )
        };
        if status == 0 { Ok(Server { library: self, handle }) } else { Err(self.taken(error)) }
    }

    /// Starts a job; `kind` is the middle of `pgb_..._start`.
    pub fn start(&self, server: Option<&Server<'_>>, kind: &str, request: &Value) -> Result<Job<'_>, Value> {
        let (text, mut handle, mut error) = (request.to_string(), ptr::null_mut(), ptr::null_mut());
        let server = server.map_or(ptr::null_mut(), |server| server.handle);
        // SAFETY: the length fits its pointer.
        let status = unsafe {
            self.symbol::<Start>(&format!("pgb_{kind}_start"))(
                server,
                text.as_ptr().cast(),
                text.len(),
                &mut handle,
                &mut error,
            )
        };
        if status == 0 { Ok(Job { library: self, handle }) } else { Err(self.taken(error)) }
    }

    /// Runs a job to its end: its rows and what it ended with.
    pub fn run(&self, server: Option<&Server<'_>>, kind: &str, request: &Value) -> (Vec<Value>, End) {
        match self.start(server, kind, request) {
            Ok(job) => (job.rows(), job.end()),
            Err(error) => (Vec::new(), Err(error)),
        }
    }

    fn taken(&self, text: *mut c_char) -> Value {
        if text.is_null() {
            return Value::Null;
        }
        serde_json::from_str(&self.taken_text(text)).expect("JSON")
    }

    fn taken_text(&self, text: *mut c_char) -> String {
        // SAFETY: a text that the library gave out is NUL-terminated and is freed once, here.
        unsafe {
            let copy = CStr::from_ptr(text).to_str().expect("UTF-8").to_owned();
            self.symbol::<unsafe extern "C" fn(*mut c_char)>("pgb_string_free")(text);
            copy
        }
    }
}

impl Job<'_> {
    /// Every row, waiting for the end of them.
    pub fn rows(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        self.each_page(|page| rows.extend_from_slice(page));
        rows
    }

    /// The rows page by page, waiting for the end of them.
    pub fn each_page(&self, mut each: impl FnMut(&[Value])) {
        loop {
            let page = self.text(|job, out, error| {
                // SAFETY: a living handle and two places to write to.
                unsafe { self.library.symbol::<Page>("pgb_job_page")(job, 1000, out, error) }
            });
            let page = page.expect("a page");
            each(page["items"].as_array().expect("items"));
            if page["done"] == true {
                return;
            }
        }
    }

    /// The texts of the pages, as a program gets them before it reads any.
    pub fn page_texts(&self) -> Vec<String> {
        let mut pages: Vec<String> = Vec::new();
        while !pages.last().is_some_and(|page| page.ends_with("\"done\":true}")) {
            let (mut out, mut error) = (ptr::null_mut(), ptr::null_mut());
            // SAFETY: a living handle and two places to write to.
            let status =
                unsafe { self.library.symbol::<Page>("pgb_job_page")(self.handle, 1000, &mut out, &mut error) };
            assert_eq!(status, 0, "{:#}", self.library.taken(error));
            pages.push(self.library.taken_text(out));
        }
        pages
    }

    /// Waits at most so many milliseconds: 0 running, 1 succeeded, 2 failed, 3 cancelled.
    pub fn wait(&self, milliseconds: u32) -> i32 {
        let mut state = 0;
        // SAFETY: a living handle and a place to write to.
        let status = unsafe { self.library.symbol::<Wait>("pgb_job_wait")(self.handle, milliseconds, &mut state) };
        assert_eq!(status, 0);
        state
    }

    /// How far it is.
    pub fn status(&self, after: u64) -> Value {
        self.text(|job, out, error| {
            // SAFETY: a living handle and two places to write to.
            unsafe { self.library.symbol::<Status>("pgb_job_status")(job, after, out, error) }
        })
        .expect("a status")
    }

    /// Asks it to stop.
    pub fn cancel(&self) {
        // SAFETY: a living handle.
        let status =
            unsafe { self.library.symbol::<unsafe extern "C" fn(*const c_void) -> i32>("pgb_job_cancel")(self.handle) };
        assert_eq!(status, 0);
    }

    /// Waits for the end and tells it.
    pub fn end(&self) -> End {
        while self.wait(60_000) == 0 {}
        self.text(|job, out, error| {
            // SAFETY: a living handle and two places to write to.
            unsafe { self.library.symbol::<Ask>("pgb_job_result")(job, out, error) }
        })
    }

    fn text(&self, ask: impl FnOnce(*const c_void, *mut *mut c_char, *mut *mut c_char) -> i32) -> End {
        let (mut out, mut error) = (ptr::null_mut(), ptr::null_mut());
        match ask(self.handle, &mut out, &mut error) {
            0 => Ok(self.library.taken(out)),
            _ => Err(self.library.taken(error)),
        }
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // SAFETY: a living handle, freed once.
        unsafe { self.library.symbol::<Free>("pgb_server_free")(self.handle) }
    }
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        // SAFETY: a living handle, freed once.
        unsafe { self.library.symbol::<Free>("pgb_job_free")(self.handle) }
    }
}
