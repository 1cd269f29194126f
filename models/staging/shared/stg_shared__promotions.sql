{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('shared', 'promotions') }}

)

select * from lines
