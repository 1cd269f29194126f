{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('generic', 'invoices') }}

)

select * from lines
