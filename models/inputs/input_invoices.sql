with

invoices as (

    select * from {{ staged('invoices') }}

),

as_of as (

    select known_until_date from {{ ref('input_as_of') }}

),

known as (

    select
        invoices.po_id,
        invoices.vendor_id,
        invoices.invoice_date,
        invoices.units,
        invoices.amount,
        invoices.freight

    from invoices
    inner join as_of
        on invoices.invoice_date <= as_of.known_until_date

    where not invoices.is_rejected

)

select * from known
