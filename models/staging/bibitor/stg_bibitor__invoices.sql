{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('bibitor', 'invoices') }}

)

select * from lines
