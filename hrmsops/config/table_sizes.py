"""The guide's Table Size Reference: rows to expect where nobody can be asked, and what to watch."""

from __future__ import annotations

LARGE_TABLE_ROWS = 100_000
TABLE_SIZE_REFERENCE = {
    "payroll_payslipline": 5_000_000,
    "payroll_payslip": 1_000_000,
    "core_auditlog": 1_000_000,
    "imports_importrecord": 500_000,
    "payroll_payrollrecord": 500_000,
    "leave_leaverequest": 200_000,
    "employees_employee": 100_000,
}
OPERATIONS_TO_WATCH = {
    "payroll_payslipline": "Index, column add/alter",
    "payroll_payslip": "Index, column add/alter",
    "core_auditlog": "Index, archival",
    "imports_importrecord": "Index, cleanup",
    "payroll_payrollrecord": "Index, column add",
    "leave_leaverequest": "Index",
    "employees_employee": "Column add/alter",
}
