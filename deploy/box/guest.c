/* guest: the part of the box that lives inside WebAssembly: CPython as a library with six exported functions. Built by
 * deploy/scripts/box-python with clang for wasm32-wasi; the host's side is app/box/module.h. */
#define PY_SSIZE_T_CLEAN
#define Py_BUILD_CORE /* the parser's tree in C: as Python objects it would dirty half of a small box */
#include <Python.h>
#include <internal/pycore_ast.h>
#include <internal/pycore_compile.h>
#include <internal/pycore_parser.h>
#include <internal/pycore_pyarena.h>
#include <signal.h>

#define EXPORT(name) __attribute__((export_name(name), used))
#define IMPORT(name) __attribute__((import_module("box"), import_name(name)))

/* Sends a request to the host and says how long its answer is; negative: the host refused. */
IMPORT("call") int32_t host_call(const char *request, uint32_t n);
/* Copies the answer's next n bytes. */
IMPORT("fetch") int32_t host_fetch(char *into, uint32_t n);
/* One typed piece of the run's result. */
IMPORT("emit") int32_t host_emit(uint32_t kind, const char *bytes, uint32_t n);

static PyObject *
py_call(PyObject *self, PyObject *args)
{
    (void)self;
    const char *request;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "y#", &request, &n))
        return NULL;
    int32_t size = host_call(request, (uint32_t)n);
    if (size < 0) {
        PyErr_SetString(PyExc_RuntimeError, "There is nobody outside who answers this.");
        return NULL;
    }
    PyObject *answer = PyBytes_FromStringAndSize(NULL, size);
    if (answer && host_fetch(PyBytes_AS_STRING(answer), (uint32_t)size) != 0) {
        Py_DECREF(answer);
        PyErr_SetString(PyExc_RuntimeError, "The answer from outside was lost.");
        return NULL;
    }
    return answer;
}

static PyObject *
py_emit(PyObject *self, PyObject *args)
{
    (void)self;
    int kind;
    const char *bytes;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "iy#", &kind, &bytes, &n))
        return NULL;
    if (host_emit((uint32_t)kind, bytes, (uint32_t)n) != 0) {
        PyErr_SetString(PyExc_ValueError, "This is more than one run may return.");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* "x" as the last line becomes "<value> = x": a name that no code can say. */
static int
keep_last_value(mod_ty tree, PyArena *arena)
{
    asdl_stmt_seq *body = tree->v.Module.body;
    Py_ssize_t n = asdl_seq_LEN(body);
    stmt_ty last = n > 0 ? asdl_seq_GET(body, n - 1) : NULL;
    if (!last || last->kind != Expr_kind)
        return 0;
    int line = last->lineno, column = last->col_offset, end = last->end_lineno, end_column = last->end_col_offset;
    PyObject *name = PyUnicode_InternFromString("<value>");
    if (!name || _PyArena_AddPyObject(arena, name) != 0)
        return -1;
    asdl_expr_seq *targets = _Py_asdl_expr_seq_new(1, arena);
    expr_ty target = _PyAST_Name(name, Store, line, column, end, end_column, arena);
    if (!targets || !target)
        return -1;
    asdl_seq_SET(targets, 0, target);
    stmt_ty kept = _PyAST_Assign(targets, last->v.Expr.value, NULL, line, column, end, end_column, arena);
    if (!kept)
        return -1;
    asdl_seq_SET(body, n - 1, kept);
    return 0;
}

static PyObject *
py_compile(PyObject *self, PyObject *args)
{
    (void)self;
    const char *source;
    PyObject *name, *code = NULL;
    if (!PyArg_ParseTuple(args, "sU", &source, &name))
        return NULL;
    PyArena *arena = _PyArena_New();
    if (!arena)
        return NULL;
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    mod_ty tree = _PyParser_ASTFromString(source, name, Py_file_input, &flags, arena);
    if (tree && keep_last_value(tree, arena) == 0)
        code = (PyObject *)_PyAST_Compile(tree, name, &flags, -1, arena);
    _PyArena_Free(arena);
    return code;
}

static PyMethodDef methods[] = {
    {"compile", py_compile, METH_VARARGS, "Code of a run: what its last expression gives is named <value>."},
    {"call", py_call, METH_VARARGS, "Asks the host: bytes in, bytes out."},
    {"emit", py_emit, METH_VARARGS, "Hands the host a typed piece of the result."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_host", .m_size = -1, .m_methods = methods};

static PyObject *
make_module(void)
{
    return PyModule_Create(&definition);
}

static PyObject *run, *wake; /* functions of lib/_boot.py */

EXPORT("box_alloc") void *box_alloc(uint32_t n)
{
    return PyMem_RawMalloc(n);
}

EXPORT("box_free") void box_free(void *p)
{
    PyMem_RawFree(p);
}

static PyStatus
configure(PyConfig *c)
{
    static const wchar_t *const texts[] = {L"/", L"/lib/python3.11", L"/python3"};
    PyConfig_InitIsolatedConfig(c);
    c->site_import = 0;
    c->write_bytecode = 0;
    c->install_signal_handlers = 1;
    c->use_hash_seed = 1; /* one heap for all: set order is the same in each box, and results repeat */
    c->hash_seed = 0;
    c->pathconfig_warnings = 0;
    c->module_search_paths_set = 1;
    wchar_t **const to[] = {&c->home, &c->prefix, &c->exec_prefix, &c->base_prefix, &c->base_exec_prefix};
    PyStatus status = PyWideStringList_Append(&c->module_search_paths, texts[1]);
    for (size_t i = 0; i < sizeof to / sizeof to[0] && !PyStatus_Exception(status); i++)
        status = PyConfig_SetString(c, to[i], texts[0]);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetString(c, &c->stdlib_dir, texts[1]);
    wchar_t **const name[] = {&c->program_name, &c->executable, &c->base_executable};
    for (size_t i = 0; i < sizeof name / sizeof name[0] && !PyStatus_Exception(status); i++)
        status = PyConfig_SetString(c, name[i], texts[2]);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetString(c, &c->platlibdir, L"lib");
    return status;
}

EXPORT("box_init") int32_t box_init(void)
{
    PyConfig config;
    PyImport_AppendInittab("_host", make_module);
    PyStatus status = configure(&config);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "%s: %s\n", status.func ? status.func : "python", status.err_msg ? status.err_msg : "");
        return 1;
    }
    PyObject *boot = PyImport_ImportModule("_boot");
    run = boot ? PyObject_GetAttrString(boot, "run") : NULL;
    wake = boot ? PyObject_GetAttrString(boot, "wake") : NULL;
    if (!run || !wake) {
        PyErr_Print();
        return 2;
    }
    PyGC_Collect();
    return 0;
}

/* 0: ran; 1: it raised, and the traceback was emitted; 2: Python itself failed. */
static int32_t
ended(PyObject *result)
{
    if (!result) {
        PyErr_Print();
        return 2;
    }
    long status = PyLong_AsLong(result);
    Py_DECREF(result);
    return (int32_t)status;
}

EXPORT("box_exec") int32_t box_exec(const char *source, uint32_t n)
{
    return ended(PyObject_CallFunction(run, "s#", source, (Py_ssize_t)n));
}

/* The first thing in a fresh worker: random numbers of its own. */
EXPORT("box_wake") int32_t box_wake(void)
{
    return ended(PyObject_CallNoArgs(wake));
}

/* Called out of a signal handler while box_exec runs: only flags are set. */
EXPORT("box_interrupt") void box_interrupt(void)
{
    PyErr_SetInterruptEx(SIGINT);
}
